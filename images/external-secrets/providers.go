// Package register lists the providers that are compiled: Secrets of a Kubernetes namespace.
package register

import _ "github.com/external-secrets/external-secrets/pkg/provider/kubernetes"
