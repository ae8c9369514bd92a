{{- define "hive-metastore.selector" -}}
app.kubernetes.io/name: hive-metastore
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "hive-metastore.labels" -}}
{{ include "hive-metastore.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{/* Classes of priority belong to no namespace. */}}
{{- define "hive-metastore.priority-class" -}}
{{ .Values.priorityClass.name | default (printf "%s-%s" .Release.Namespace .Release.Name) }}
{{- end }}

{{/* What both the schema tool and the server need: the same image, user, database and configuration. */}}
{{- define "hive-metastore.container" -}}
image: {{ .Values.image | quote }}
imagePullPolicy: {{ .Values.imagePullPolicy }}
env:
  - name: METASTORE_JVM_OPTIONS
    value: {{ .Values.jvmOptions | quote }}
  {{- if .Values.metrics.enabled }}
  - name: METASTORE_METRICS
    value: /etc/metastore/metrics.yaml
  {{- end }}
  - name: METASTORE_LOG_LEVEL
    value: {{ .Values.logLevel }}
  - name: PGHOST
    value: {{ .Values.database.host | quote }}
  - name: PGPORT
    value: {{ .Values.database.port | quote }}
  - name: PGDATABASE
    value: {{ .Values.database.name | quote }}
  - name: PGCONNECT_TIMEOUT
    value: "10"
  - name: PGUSER
    valueFrom:
      secretKeyRef:
        name: {{ .Values.database.secret.name }}
        key: {{ .Values.database.secret.usernameKey }}
  - name: PGPASSWORD
    valueFrom:
      secretKeyRef:
        name: {{ .Values.database.secret.name }}
        key: {{ .Values.database.secret.passwordKey }}
envFrom:
  - secretRef:
      name: {{ .Values.s3.secret }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
resources:
  {{- toYaml .Values.resources | nindent 2 }}
volumeMounts:
  - name: configuration
    mountPath: /etc/metastore
    readOnly: true
  - name: tmp
    mountPath: /tmp
{{- end }}

{{/* Namespaces and networks as the peers of a NetworkPolicy. */}}
{{- define "hive-metastore.peers" -}}
{{- range .namespaces | uniq }}
- namespaceSelector:
    matchLabels:
      kubernetes.io/metadata.name: {{ . }}
{{- end }}
{{- range .addresses }}
- ipBlock:
    cidr: {{ . }}
{{- end }}
{{- end }}
