"""The doors: credentials and clients for the cluster, the database, the monitoring and our record.

A door translates: client objects in, our values out; client errors in, our errors out. It decides nothing.
"""
