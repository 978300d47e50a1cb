-- What can be asked of a resource. A config cannot be suspended: its discovery offers `reconcile` alone.
local deleting = obj.metadata.deletionTimestamp ~= nil
local suspended = obj.spec ~= nil and obj.spec.suspend == true

local actions = {}
actions["reconcile"] = { ["disabled"] = suspended }
if obj.kind ~= "ProviderConfig" and obj.kind ~= "ClusterProviderConfig" then
  actions["suspend"] = { ["disabled"] = suspended or deleting }
  actions["resume"] = { ["disabled"] = not suspended }
end
return actions
