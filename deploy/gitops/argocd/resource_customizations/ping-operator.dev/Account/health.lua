-- The health of every kind of ping-operator.dev: this file is the same for all of them. Argo CD gives a script no libraries but base, table and
-- package. kstatus, which Flux uses, says the same of the same objects, but for two things that it has no word for: Suspended, and a held deletion.

-- S1: nobody has looked at the resource yet.
if obj.status == nil or obj.status.conditions == nil then
  return { status = "Progressing", message = "Waiting for ping-operator" }
end

local conditions = {}
for _, condition in ipairs(obj.status.conditions) do
  conditions[condition.type] = condition
end

local function is(type, status)
  return conditions[type] ~= nil and conditions[type].status == status
end

-- A condition that says nothing of its own refers to Ready.
local function health(status, type)
  local condition = conditions[type] or {}
  local message = condition.message
  if message == nil or message == "" or message == "see Ready" then
    message = conditions.Ready and conditions.Ready.message or condition.reason
  end
  return { status = status, message = message or "" }
end

if obj.metadata.deletionTimestamp ~= nil then
  if is("Stalled", "True") or is("DeletionHeld", "True") then
    return health("Degraded", "Ready")
  end
  return health("Progressing", "Ready")
end

-- What is suspended keeps the conditions, and the generation, of before.
if obj.spec ~= nil and obj.spec.suspend == true and is("Suspended", "True") then
  return health("Suspended", "Suspended")
end

if obj.metadata.generation ~= nil and obj.status.observedGeneration ~= obj.metadata.generation then
  return { status = "Progressing", message = "Waiting for ping-operator to see the latest change" }
end

if is("Stalled", "True") then
  return health("Degraded", "Ready")
end

if not is("Ready", "True") then
  return health("Progressing", "Ready")
end

-- Ready. What follows is told, and a person may be awaited.
if is("Verified", "False") then
  return health("Suspended", "Verified")
end
if is("UsernameVerificationPending", "True") then
  return health("Suspended", "UsernameVerificationPending")
end
for _, told in ipairs({ "Drifted", "InvitationsPending" }) do
  if is(told, "True") then
    return health("Healthy", told)
  end
end
if is("Synced", "False") then
  return health("Healthy", "Synced")
end
return health("Healthy", "Ready")
