/** A server of docker-compose.yml: the ports it publishes on loopback, and where it says that it is ready. */
export interface StackServer {
  readonly name: string
  /** Variables that move its ports, with the ports they have otherwise; the first is asked whether it is ready. */
  readonly ports: readonly { readonly variable: string; readonly port: number }[]
  readonly ready: string
}

/** The servers that `npm run stack` starts. */
export const servers: readonly StackServer[] = [
  {
    name: 'otel-collector',
    ports: [
      { variable: 'FILLPATH_COLLECTOR_HEALTH_PORT', port: 13_133 },
      { variable: 'FILLPATH_OTLP_HTTP_PORT', port: 4318 },
      { variable: 'FILLPATH_OTLP_GRPC_PORT', port: 4317 },
    ],
    ready: '/ready',
  },
  { name: 'loki', ports: [{ variable: 'FILLPATH_LOKI_PORT', port: 3100 }], ready: '/ready' },
  { name: 'tempo', ports: [{ variable: 'FILLPATH_TEMPO_PORT', port: 3200 }], ready: '/ready' },
  {
    name: 'prometheus',
    ports: [{ variable: 'FILLPATH_PROMETHEUS_PORT', port: 9090 }],
    ready: '/-/ready',
  },
  {
    name: 'grafana',
    ports: [{ variable: 'FILLPATH_GRAFANA_PORT', port: 3000 }],
    ready: '/api/health',
  },
]

/** The environment, with what .env adds to it. */
export type Values = Readonly<Record<string, string | undefined>>

/** The port that a variable gives, or the usual one. */
export function portOf(values: Values, { variable, port }: StackServer['ports'][number]): number {
  return Number(values[variable]?.trim() || port)
}
