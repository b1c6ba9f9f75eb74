"""One module for each subject of the performance page; each has functions that give one or more `Result`s."""
