"""The tables and queries of TPC-H in the lakehouse, by which query times are measured.

https://www.tpc.org/tpch/ has the specification. What is measured here is no TPC-H result: no refresh
functions are run, and nobody has audited it.
"""
