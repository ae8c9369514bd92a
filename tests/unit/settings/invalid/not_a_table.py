# expect: line 2: iceberg = 'thrift://x:9083': accepted: a table with thrift, namespace
iceberg = "thrift://x:9083"
