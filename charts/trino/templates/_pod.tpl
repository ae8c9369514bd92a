{{/* A server's pod. `.root` is the chart's root, `.component` coordinator or worker. */}}
{{- define "trino.pod" -}}
{{- $root := .root -}}
{{- $server := index .root.Values .component -}}
{{- $coordinator := eq .component "coordinator" -}}
metadata:
  labels:
    {{- include "trino.selector" . | nindent 4 }}
  annotations:
    checksum/configuration: {{ print (include "trino.files" .) (include "trino.shared" .) | sha256sum }}
    {{- with $server.annotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  serviceAccountName: {{ $root.Release.Name }}
  automountServiceAccountToken: false
  enableServiceLinks: false
  {{- with $root.Values.priorityClass.name }}
  priorityClassName: {{ . }}
  {{- end }}
  terminationGracePeriodSeconds: {{ $server.terminationGracePeriodSeconds }}
  {{- with $root.Values.imagePullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  securityContext:
    runAsNonRoot: true
    runAsUser: 10001
    runAsGroup: 10001
    fsGroup: 10001
    seccompProfile:
      type: RuntimeDefault
  containers:
    - name: trino
      image: {{ include "trino.image" $root | quote }}
      imagePullPolicy: {{ $root.Values.image.pullPolicy }}
      env:
        - name: POD_IP
          valueFrom:
            fieldRef:
              fieldPath: status.podIP
        {{- with $root.Values.env }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      {{- with $root.Values.envFrom }}
      envFrom:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      ports:
        - name: http
          containerPort: 8080
        {{- if and $coordinator $root.Values.server.config.https.enabled }}
        - name: https
          containerPort: {{ $root.Values.server.config.https.port }}
        {{- end }}
        {{- if $root.Values.jmx.exporter.enabled }}
        - name: metrics
          containerPort: {{ $root.Values.jmx.exporter.port }}
        {{- end }}
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        capabilities:
          drop: [ALL]
      resources:
        {{- toYaml $server.resources | nindent 8 }}
      {{- if not $coordinator }}
      {{- if $server.gracefulShutdown.enabled }}
      lifecycle:
        preStop:
          exec:
            command: [trino-drain]
      {{- end }}
      {{- end }}
      # It answers long before it takes work, and says which. A worker that is shutting down is alive, not ready.
      startupProbe:
        exec:
          command: [trino-health]
        periodSeconds: 3
        timeoutSeconds: 10
        failureThreshold: 100
      livenessProbe:
        exec:
          command: [trino-health, alive]
        periodSeconds: 20
        timeoutSeconds: 15
        failureThreshold: 6
      readinessProbe:
        exec:
          command: [trino-health]
        periodSeconds: 5
        timeoutSeconds: 10
      volumeMounts:
        - name: configuration
          mountPath: /etc/trino
          readOnly: true
        - name: catalogs
          mountPath: /etc/trino/catalog
          readOnly: true
        {{- if $root.Values.accessControl }}
        - name: access-control
          mountPath: /etc/trino/access-control
          readOnly: true
        {{- end }}
        {{- if $coordinator }}
        {{- if $root.Values.auth.passwordAuthSecret }}
        - name: passwords
          mountPath: /etc/trino/auth
          readOnly: true
        {{- end }}
        - name: resource-groups
          mountPath: /etc/trino/resource-groups
          readOnly: true
        {{- range $server.secretMounts }}
        - name: {{ .name }}
          mountPath: {{ .path }}
          readOnly: true
        {{- end }}
        {{- end }}
        - name: data
          mountPath: {{ $root.Values.server.node.dataDir }}
        - name: tmp
          mountPath: /tmp
  volumes:
    - name: configuration
      configMap:
        name: {{ $root.Release.Name }}-{{ .component }}
    - name: catalogs
      configMap:
        name: {{ $root.Release.Name }}-catalogs
    {{- if $root.Values.accessControl }}
    - name: access-control
      configMap:
        name: {{ $root.Release.Name }}-access-control
    {{- end }}
    {{- if $coordinator }}
    {{- with $root.Values.auth.passwordAuthSecret }}
    - name: passwords
      secret:
        secretName: {{ . }}
        items:
          - key: password.db
            path: password.db
    {{- end }}
    - name: resource-groups
      configMap:
        name: {{ $root.Release.Name }}-resource-groups
    {{- range $server.secretMounts }}
    - name: {{ .name }}
      secret:
        secretName: {{ .secretName }}
    {{- end }}
    {{- end }}
    - name: data
      emptyDir: {}
    - name: tmp
      emptyDir: {}
  {{- if not $coordinator }}
  topologySpreadConstraints:
    {{- $selector := include "trino.selector" . }}
    {{- range $key := list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
    - topologyKey: {{ $key }}
      maxSkew: 1
      whenUnsatisfiable: ScheduleAnyway
      matchLabelKeys: [pod-template-hash]
      labelSelector:
        matchLabels:
          {{- $selector | nindent 10 }}
    {{- end }}
  {{- end }}
  {{- with $server.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $server.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $server.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}
