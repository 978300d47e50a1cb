-- The operator neither reads nor writes the external object until `resume`. A deletion still works.
obj.spec.suspend = true
return obj
