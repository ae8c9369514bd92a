module lakestead.invalid/latency

go 1.24
