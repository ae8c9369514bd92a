# without: gitops
# expect: gitops is missing; accepted: a table with url, cluster_url
