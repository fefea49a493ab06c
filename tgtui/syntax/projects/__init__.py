"""What the files of a project say: manifests, lock files. Text in, values out."""
