-- Asks for a reconcile now. A script has no clock, so the value that must be new is the resource's version, which every write changes.
if obj.metadata.annotations == nil then
  obj.metadata.annotations = {}
end
obj.metadata.annotations["ping-operator.dev/reconcile-requested-at"] = "argocd-" .. tostring(obj.metadata.resourceVersion)
return obj
