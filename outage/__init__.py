"""The dictionary: values and pure functions of incident response.

`bundle`, `platform_file` and `policy_file` read and write the files that they are given; nothing else touches the disk.
What may not happen in here: no Prefect, no network, no client library, no clock (`now` is an argument), no
randomness, no environment, no logger. import-linter holds the walls.
"""
