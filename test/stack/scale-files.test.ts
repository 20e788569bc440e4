import { chmodSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse, parseAllDocuments, stringify } from 'yaml'
import { attributes } from '../../src/semconv/attributes.ts'
import { sampled } from './sampled.ts'
import { tool } from './tools.ts'

// What stands in deploy/, as files: the Collectors of it run in scale.test.ts; Kubernetes and the distributed servers
// do not run here.

/** A file, of the shape that it is taken to have. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters
const read = <T>(path: string): T => parse(readFileSync(path, 'utf8'), { merge: true }) as T

interface Container {
  readonly image: string
  readonly args: readonly string[]
  readonly env: readonly { readonly name: string; readonly value: string }[]
  readonly ports: readonly { readonly containerPort: number }[]
  readonly resources: { readonly limits: { readonly memory: string } }
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[]
}
interface Workload {
  readonly kind: string
  readonly metadata: { readonly name: string }
  readonly spec: {
    readonly replicas?: number
    readonly template: {
      readonly spec: {
        readonly containers: readonly Container[]
        readonly volumes: readonly { readonly name: string }[]
      }
    }
    readonly volumeClaimTemplates?: readonly { readonly metadata: { readonly name: string } }[]
  }
}

function workload(path: string, kind: string): { workload: Workload; container: Container } {
  const found = parseAllDocuments(readFileSync(path, 'utf8'))
    .map((document) => document.toJS() as Workload)
    .find((each) => each.kind === kind)
  const container = found?.spec.template.spec.containers[0]
  if (!found || !container) throw new Error(`no ${kind} in ${path}`)
  return { workload: found, container }
}

const gateway = workload('deploy/kubernetes/gateway.yaml', 'StatefulSet')
const agent = workload('deploy/kubernetes/agent.yaml', 'DaemonSet')

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fillpath-deploy-'))
  chmodSync(folder, 0o755)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const otelcol = tool('otelcol-contrib')
describe.skipIf(!otelcol)('the Collectors of deploy/', () => {
  const validate = (...paths: readonly string[]): string => {
    // Where the program runs in its image, it sees this folder alone.
    const names = paths.map((path) => {
      const name = path.replaceAll('/', '-')
      writeFileSync(join(folder, name), readFileSync(path))
      return `--config=${name}`
    })
    return otelcol?.(folder, 'validate', ...names) ?? ''
  }

  test('[C39] each way of putting the files over one another is valid', () => {
    expect(validate('otel-collector.yaml', 'deploy/agent.yaml')).toBe('ok')
    expect(validate('deploy/gateway.yaml')).toBe('ok')
    for (const overlay of ['gateway', 'sampling', 'tls']) {
      expect(validate('deploy/gateway.yaml', `deploy/${overlay}.yaml`), overlay).toBe('ok')
    }
    const kafka = ['otel-collector.yaml', 'deploy/agent.yaml', 'deploy/kafka-agent.yaml']
    expect(validate(...kafka)).toBe('ok')
  })

  test('[C39] so are gateways behind Kafka, where the Collector has its receiver', () => {
    const said = validate('deploy/gateway.yaml', 'deploy/kafka-gateway.yaml')
    const isUnknown = said.includes('unknown type: "kafka"')
    expect(isUnknown ? 'ok' : said).toBe('ok')
    if (isUnknown)
      console.warn(
        '\n!!! NOT VALIDATED: this Collector has no Kafka receiver, only names are checked !!!\n',
      )
    const { receivers } = read<{ receivers: { kafka: Record<string, object> } }>(
      'deploy/kafka-gateway.yaml',
    )
    // Those of the receiver's README at 0.159.
    const known =
      'brokers group_id group_instance_id session_timeout initial_offset logs traces metrics max_fetch_size max_partition_fetch_size message_marking error_backoff'
    expect(Object.keys(receivers.kafka).filter((key) => !known.split(' ').includes(key))).toEqual(
      [],
    )
    expect(receivers.kafka['message_marking']).toEqual({
      after: true,
      on_error: false,
      on_permanent_error: true,
    })
    const { exporters } = read<{ exporters: { kafka: Record<string, { topic: string }> } }>(
      'deploy/kafka-agent.yaml',
    )
    for (const signal of ['logs', 'traces', 'metrics']) {
      const { topics } = receivers.kafka[signal] as { topics: string[] }
      expect(topics).toEqual([exporters.kafka[signal]?.topic])
    }
  })
})

test('[C39, X36] gateways sample by the policies of otel-collector.yaml', () => {
  const { processors } = parse(sampled()) as { processors: { tail_sampling: object } }
  const overlay = read<{ processors: object }>('deploy/sampling.yaml')
  expect(overlay.processors).toEqual({ tail_sampling: processors.tail_sampling })
})

test('[C39] no exporter of deploy/ gives up by time', () => {
  interface Exporter {
    readonly timeout: string
    readonly retry_on_failure: { readonly enabled?: boolean; readonly max_elapsed_time: number }
    readonly sending_queue: { readonly storage: string; readonly sizer: string }
  }
  for (const file of ['agent', 'gateway', 'kafka-agent']) {
    const { exporters } = read<{ exporters: Record<string, Exporter> }>(`deploy/${file}.yaml`)
    for (const [name, exporter] of Object.entries(exporters)) {
      expect(exporter.retry_on_failure.max_elapsed_time, name).toBe(0)
      expect(exporter.sending_queue.storage, name).toBe('file_storage/queue')
      expect(exporter.sending_queue.sizer, name).toBe('bytes')
      // This one is off, and ends after 5 s, unless it is told otherwise.
      const isOwn = name.startsWith('load_balancing')
      expect(isOwn ? exporter.retry_on_failure.enabled : true, name).toBe(true)
      expect(isOwn ? exporter.timeout : '8760h', name).toBe('8760h')
    }
  }
})

test('[C39] agents in Kubernetes know each gateway that there is, by its name', () => {
  const { name } = gateway.workload.metadata
  const list = agent.container.env.find((each) => each.name === 'GATEWAYS')?.value ?? ''
  const names = Array.from(
    { length: gateway.workload.spec.replicas ?? 0 },
    (_, index) => `${name}-${index}.${name}:4317`,
  )
  expect(parse(list)).toEqual(names)
})

test('[C39] Collectors in Kubernetes have the version of docker-compose.yml, and volumes for all they write', () => {
  const compose = readFileSync('docker-compose.yml', 'utf8')
  for (const { workload: each, container } of [gateway, agent]) {
    expect(compose).toContain(container.image)
    const { volumes } = each.spec.template.spec
    const claims = each.spec.volumeClaimTemplates ?? []
    const there = [
      ...volumes.map(({ name }) => name),
      ...claims.map(({ metadata }) => metadata.name),
    ]
    expect(container.volumeMounts.map(({ name }) => name).toSorted()).toEqual(there.toSorted())
    expect(container.volumeMounts.map(({ mountPath }) => mountPath)).toContain('/var/lib/otelcol')
    expect(container.ports.map(({ containerPort }) => containerPort)).toContain(13_133)
  }
  expect(agent.container.volumeMounts.map(({ mountPath }) => mountPath)).toContain('/data')
})

test('Go collects its garbage before the memory limiter takes it for data', () => {
  const mebibytes = (text: string): number => {
    const [, amount = '', unit = ''] = /^(\d+)(M|Mi|MiB|G|Gi)$/.exec(text) ?? []
    return Number(amount) * (unit.startsWith('G') ? 1024 : 1)
  }
  interface Compose {
    readonly services: Readonly<
      Record<
        string,
        {
          readonly environment?: Readonly<Record<string, string>>
          readonly deploy?: { readonly resources: { readonly limits: { readonly memory: string } } }
        }
      >
    >
  }
  const composed = ['docker-compose.yml', 'deploy/docker-compose.yml']
    .flatMap((path) => Object.values(read<Compose>(path).services))
    .filter(({ environment }) => environment?.['GOMEMLIMIT'] !== undefined)
    .map(({ environment, deploy }) => [
      environment?.['GOMEMLIMIT'] ?? '',
      deploy?.resources.limits.memory ?? '',
    ])
  const pods = [gateway, agent].map(({ container }) => [
    container.env.find(({ name }) => name === 'GOMEMLIMIT')?.value ?? '',
    container.resources.limits.memory,
  ])
  expect(composed).toHaveLength(5)
  const { processors } = read<{
    processors: { memory_limiter: { limit_percentage: number; spike_limit_percentage: number } }
  }>('otel-collector.yaml')
  const { limit_percentage: limit, spike_limit_percentage: spike } = processors.memory_limiter
  for (const [go = '', container = ''] of [...composed, ...pods]) {
    expect(mebibytes(go), go).toBeGreaterThan(0)
    expect(mebibytes(go)).toBeLessThan((mebibytes(container) * (limit - spike)) / 100)
  }
})

describe('redaction of otel-collector.yaml', () => {
  const { processors } = read<{
    processors: {
      'redaction/names': { ignored_keys: string[]; blocked_key_patterns: string[] }
      'redaction/values': { allowed_values: string[]; blocked_values: string[] }
    }
  }>('otel-collector.yaml')
  // Go's form of "in any case" stands for the whole pattern.
  const patterns = (texts: readonly string[]): RegExp[] =>
    texts.map((text) => new RegExp(text.replace(/^\(\?i\)(.*)$/, '(?i:$1)')))

  test('[C35] names that are passed over are of the registry, hold one value each, and are no secret by name', () => {
    const { ignored_keys: names, blocked_key_patterns: blocked } = processors['redaction/names']
    const types = Object.fromEntries(
      Object.entries(attributes).map(([name, { type }]) => [name, type as string]),
    )
    // Not of the registry: the copy of the event's name.
    const wrong = names.filter((name) => (types[name] ?? 'any') === 'any' && name !== 'event.name')
    expect(wrong).toEqual([])
    const secret = patterns(blocked)
    expect(names.filter((name) => secret.some((pattern) => pattern.test(name)))).toEqual([])
    expect(secret.some((pattern) => pattern.test('trading.api_key'))).toBe(true)
  })

  test('[C35] no value that is passed over could match a pattern', () => {
    const secrets = [
      'Bearer abcdefghijklmnopqrstuvwxyz',
      'bearer\tABCDEFGHIJKLMNOP',
      'bot --api-key abc',
      '--password=abc',
      '-----BEGIN EC PRIVATE KEY-----MHcCAQEE-----END EC PRIVATE KEY-----',
      'api_key=abc',
      'x&signature=0123abcd&y',
      '{"secret":"abc"}',
      'passphrase: abc',
      "{'listenKey':'abc'}",
      'access-token =abc',
    ]
    const { allowed_values: allowed, blocked_values: blocked } = processors['redaction/values']
    for (const secret of secrets) {
      expect(
        patterns(blocked).filter((pattern) => pattern.test(secret)),
        secret,
      ).not.toEqual([])
      expect(
        patterns(allowed).filter((pattern) => pattern.test(secret)),
        secret,
      ).toEqual([])
    }
    // Each pattern needs a blank, a colon or a =; what is passed over has none of them.
    expect(allowed).toEqual(['^[0-9A-Za-z_./+-]*$'])
  })
})

interface Limits {
  readonly [name: string]: unknown
}

describe('the distributed servers', () => {
  const values = read<{ loki: Record<string, Record<string, unknown>> }>('deploy/helm/loki.yaml')
  const one = read<{ limits_config: Limits; compactor: Limits }>('grafana/servers/loki.yaml')

  test('[C39] Loki in parts has the labels, the retention and the limits of Loki in one', () => {
    expect(values.loki['limits_config']).toEqual(one.limits_config)
  })

  const loki = tool('loki')
  test.skipIf(!loki)('[C39] Loki takes what the chart is told to write for it', () => {
    const { loki: told } = values
    const [s3, buckets] = [told['storage']?.['s3'], told['storage']?.['bucketNames']] as [
      Record<string, string>,
      Record<string, string>,
    ]
    const config = {
      auth_enabled: told['auth_enabled'],
      common: {
        ...told['commonConfig'],
        path_prefix: '/loki',
        storage: {
          s3: {
            endpoint: 's3.example',
            region: s3['region'],
            access_key_id: s3['accessKeyId'],
            secret_access_key: s3['secretAccessKey'],
            bucketnames: buckets['chunks'],
          },
        },
      },
      schema_config: told['schemaConfig'],
      ingester: told['ingester'],
      server: told['server'],
      limits_config: told['limits_config'],
      compactor: told['compactor'],
      analytics: told['analytics'],
    }
    const verify = (text: string): string => {
      writeFileSync(join(folder, 'loki.yaml'), text)
      return loki?.(folder, '-config.file=loki.yaml', '-verify-config') ?? ''
    }
    expect(verify(stringify(config))).toBe('ok')
    expect(verify(stringify({ ...config, ingester: { chunk_encodings: 'snappy' } }))).not.toBe('ok')
  })

  test('[C39] Mimir names and labels series as Prometheus does', () => {
    const { mimir } = read<{ mimir: { structuredConfig: { limits: Limits } } }>(
      'deploy/helm/mimir.yaml',
    )
    const { otlp, storage } = read<{
      otlp: { promote_resource_attributes: string[] }
      storage: { tsdb: { out_of_order_time_window: string } }
    }>('grafana/servers/prometheus.yaml')
    expect(mimir.structuredConfig.limits).toMatchObject({
      promote_otel_resource_attributes: otlp.promote_resource_attributes.join(','),
      otel_metric_suffixes_enabled: true,
      otel_keep_identifying_resource_attributes: true,
      otel_created_timestamp_zero_ingestion_enabled: true,
      out_of_order_time_window: storage.tsdb.out_of_order_time_window,
    })
  })

  test('[C39] Tempo keeps as long, and makes the same metrics', () => {
    const { tempo } = read<{ tempo: { structuredConfig: { overrides: object } } }>(
      'deploy/helm/tempo.yaml',
    )
    const { overrides } = read<{ overrides: object }>('grafana/servers/tempo.yaml')
    expect(tempo.structuredConfig.overrides).toEqual(overrides)
  })

  test('no file of deploy/ holds a key', () => {
    const files = globSync('deploy/**/*.{yaml,yml}').map((path) => resolve(path))
    expect(files.length).toBeGreaterThan(8)
    const leaking = files.filter((path) =>
      /(?:secret|access)_?key(?:_?id)?: (?!"\$\{)/i.test(readFileSync(path, 'utf8')),
    )
    expect(leaking).toEqual([])
  })
})
