{{- define "airflow.selector" -}}
app.kubernetes.io/name: airflow
app.kubernetes.io/instance: {{ .root.Release.Name }}
component: {{ .component }}
{{- end }}

{{- define "airflow.labels" -}}
app.kubernetes.io/name: airflow
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{/* airflow.cfg: the values' sections, and what follows from names. */}}
{{- define "airflow.cfg" -}}
{{- $users := dict "simple_auth_manager_users" .Values.simpleAuthManager.users "simple_auth_manager_passwords_file" "/tmp/passwords.json" -}}
{{- $server := printf "http://%s-api-server.%s.svc:%v/execution/" .Release.Name .Release.Namespace .Values.apiServer.service.port -}}
{{- $core := merge (dict "executor" .Values.executor "execution_api_server_url" $server) (.Values.config.core | default dict) $users -}}
{{- range $section, $values := merge (dict "core" $core) .Values.config }}
[{{ $section }}]
{{- range $name, $value := $values }}
{{ $name }} = {{ $value }}
{{- end }}
{{ end }}
{{- end }}

{{/* Environment of every container. The simple auth manager writes to its file of passwords, so it gets a copy. */}}
{{- define "airflow.env" -}}
- name: AIRFLOW__DATABASE__SQL_ALCHEMY_CONN
  valueFrom: {secretKeyRef: {name: {{ .Values.data.metadataSecretName }}, key: connection}}
- name: AIRFLOW__CORE__FERNET_KEY
  valueFrom: {secretKeyRef: {name: {{ .Values.fernetKeySecretName }}, key: fernet-key}}
- name: AIRFLOW__API_AUTH__JWT_SECRET
  valueFrom: {secretKeyRef: {name: {{ .Values.jwtSecretName }}, key: jwt-secret}}
- name: AIRFLOW__API__SECRET_KEY
  valueFrom: {secretKeyRef: {name: {{ .Values.apiSecretKeySecretName }}, key: api-secret-key}}
{{- with .Values.env }}
{{ toYaml . }}
{{- end }}
{{- range .Values.secret }}
- name: {{ .envName }}
  valueFrom: {secretKeyRef: {name: {{ .secretName }}, key: {{ .secretKey }}}}
{{- end }}
{{- end }}

{{- define "airflow.securityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{- define "airflow.mounts" -}}
- {name: config, mountPath: {{ .Values.airflowHome }}/airflow.cfg, subPath: airflow.cfg, readOnly: true}
- {name: logs, mountPath: {{ .Values.airflowHome }}/logs}
- {name: tmp, mountPath: /tmp}
{{- with .Values.volumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* One of Airflow's Deployments. `.root` is the chart's root; `.component`, `.values`, `.command`, `.wait` and `.container` its own. */}}
{{- define "airflow.deployment" -}}
{{- $root := .root -}}
{{- $image := printf "%s:%s" $root.Values.images.airflow.repository ($root.Values.images.airflow.tag | default $root.Chart.AppVersion) -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ $root.Release.Name }}-{{ .component }}
  labels:
    {{- include "airflow.labels" $root | nindent 4 }}
    component: {{ .component }}
spec:
  replicas: 1
  revisionHistoryLimit: 2
  selector:
    matchLabels:
      {{- include "airflow.selector" . | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "airflow.selector" . | nindent 8 }}
      annotations:
        checksum/config: {{ include "airflow.cfg" $root | sha256sum }}
    spec:
      {{- if .serviceAccount }}
      serviceAccountName: {{ .serviceAccount }}
      {{- else }}
      automountServiceAccountToken: false
      {{- end }}
      enableServiceLinks: false
      securityContext:
        runAsNonRoot: true
        runAsUser: 50000
        runAsGroup: 50000
        fsGroup: 50000
        seccompProfile: {type: RuntimeDefault}
      initContainers:
        - name: {{ .wait.name }}
          image: {{ $image | quote }}
          imagePullPolicy: {{ $root.Values.images.airflow.pullPolicy }}
          args: {{ .wait.args | toJson }}
          env:
            {{- include "airflow.env" $root | nindent 12 }}
          securityContext:
            {{- include "airflow.securityContext" $root | nindent 12 }}
          resources:
            {{- toYaml .values.resources | nindent 12 }}
          volumeMounts:
            {{- include "airflow.mounts" $root | nindent 12 }}
      containers:
        - name: {{ .component }}
          image: {{ $image | quote }}
          imagePullPolicy: {{ $root.Values.images.airflow.pullPolicy }}
          env:
            {{- include "airflow.env" $root | nindent 12 }}
          securityContext:
            {{- include "airflow.securityContext" $root | nindent 12 }}
          resources:
            {{- toYaml .values.resources | nindent 12 }}
          {{- toYaml .container | nindent 10 }}
          volumeMounts:
            {{- include "airflow.mounts" $root | nindent 12 }}
            {{- if .passwords }}
            - {name: passwords, mountPath: /run/secrets/airflow, readOnly: true}
            {{- end }}
      volumes:
        - {name: config, configMap: {name: {{ $root.Release.Name }}-config}}
        - {name: logs, emptyDir: {}}
        - {name: tmp, emptyDir: {}}
        {{- if .passwords }}
        - {name: passwords, secret: {secretName: {{ $root.Values.simpleAuthManager.passwordsSecretName }}}}
        {{- end }}
        {{- with $root.Values.volumes }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
{{- end }}
