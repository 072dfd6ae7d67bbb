// The module is filled in by the files beside this one.
