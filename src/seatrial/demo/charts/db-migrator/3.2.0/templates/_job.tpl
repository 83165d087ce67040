{{- define "db-migrator.podSpec" -}}
restartPolicy: Never
containers:
  - name: db-migrator
    image: "{{ .root.Values.image.repository }}:{{ .root.Values.image.tag | default .root.Chart.AppVersion }}"
    args: [{{ .command | quote }}]
    env:
      - name: DATABASE_URL
        valueFrom:
          secretKeyRef:
            name: {{ .root.Values.databaseSecret }}
            key: url
            optional: true
    resources:
      {{- toYaml .root.Values.resources | nindent 6 }}
{{- end }}
