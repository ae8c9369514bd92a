# expect: line 2: object_store is not known; did you mean 'object_storage'?
object_store = {}
