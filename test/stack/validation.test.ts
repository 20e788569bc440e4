import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { sampled } from './sampled.ts'
import { tool } from './tools.ts'

// The files as they are delivered, before any server has seen them.

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fillpath-validation-'))
  // Other users read it where a program runs in its image.
  chmodSync(folder, 0o755)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function put(name: string, text: string): string {
  writeFileSync(join(folder, name), text)
  return name
}

const delivered = (path: string): string => readFileSync(path, 'utf8')

const otelcol = tool('otelcol-contrib')
describe.skipIf(!otelcol)('otel-collector.yaml', () => {
  const validate = (text: string): string =>
    otelcol?.(folder, 'validate', `--config=${put('collector.yaml', text)}`) ?? ''

  test('is valid, also with tail sampling', () => {
    expect(validate(delivered('otel-collector.yaml'))).toBe('ok')
    expect(sampled()).toContain('exporters: [span_metrics, file/traces, forward/sampled] }')
    expect(validate(sampled())).toBe('ok')
  })

  test('its files end at the size that docs/scale.md names', () => {
    interface File {
      readonly rotation?: { readonly max_megabytes: number; readonly max_backups: number | string }
    }
    const text = delivered('otel-collector.yaml')
    const { exporters } = parse(text, { merge: true }) as { exporters: Record<string, File> }
    const gigabytes = Object.entries(exporters)
      .filter(([name]) => name.startsWith('file/') && name !== 'file/tasks')
      .map(([, { rotation }]) => {
        const backups = Number(/\d+/.exec(String(rotation?.max_backups))?.[0])
        return ((rotation?.max_megabytes ?? Number.NaN) * (backups + 1)) / 1000
      })
    expect(gigabytes).toHaveLength(9)
    const all = gigabytes.reduce((sum, each) => sum + each, 0)
    expect(delivered('docs/scale.md')).toContain(
      `${Math.max(...gigabytes)} GB for \`metrics.jsonl\`, ${Math.round(all)} GB for all`,
    )
  })

  test('a key that there is not, and a component that nobody defined, would be found', () => {
    const text = delivered('otel-collector.yaml')
    expect(validate(text.replace('check_interval: 1s', 'check_intervall: 1s'))).toContain(
      'check_intervall',
    )
    expect(validate(text.replace('[filter/orders]', '[filter/order]'))).toContain('filter/order')
  })
})

const loki = tool('loki')
describe.skipIf(!loki)('grafana/servers/loki.yaml', () => {
  const verify = (text: string): string =>
    loki?.(folder, `-config.file=${put('loki.yaml', text)}`, '-verify-config') ?? ''

  test('is valid', () => {
    expect(verify(delivered('grafana/servers/loki.yaml'))).toBe('ok')
  })

  test('a key that there is not, and retention without a store for its requests, would be found', () => {
    const text = delivered('grafana/servers/loki.yaml')
    expect(verify(text.replace('retention_period', 'retention_periode'))).toContain(
      'retention_periode',
    )
    expect(verify(text.replace('delete_request_store: filesystem', ''))).not.toBe('ok')
  })
})

const promtool = tool('promtool')
describe.skipIf(!promtool)('grafana/servers/prometheus.yaml', () => {
  const check = (text: string, rules = delivered('grafana/servers/rules.yaml')): string => {
    put('rules.yaml', rules)
    const here = text.replace('/etc/prometheus/rules.yaml', 'rules.yaml')
    return promtool?.(folder, 'check', 'config', '--lint=all', put('prometheus.yaml', here)) ?? ''
  }

  test('[X06] is valid, with the rules that it names', () => {
    const text = delivered('grafana/servers/prometheus.yaml')
    expect(text).toContain('rule_files: [/etc/prometheus/rules.yaml]')
    expect(check(text)).toBe('ok')
  })

  test('a key that there is not, and a rule that cannot be read, would be found', () => {
    const text = delivered('grafana/servers/prometheus.yaml')
    expect(check(text.replace('translation_strategy', 'translation_strategie'))).toContain(
      'translation_strategie',
    )
    const rules = delivered('grafana/servers/rules.yaml')
    expect(check(text, rules.replace('> 100', '> > 100'))).toContain('UncoveredExposure')
  })
})

describe('grafana/servers/tempo.yaml', () => {
  // Its image cannot be had everywhere; its parser takes no block of an older major, and neither does this.
  const config = parse(delivered('grafana/servers/tempo.yaml')) as Record<string, unknown>

  test('has only blocks that Tempo 3 knows, and listens for others than itself', () => {
    const known = [
      'stream_over_http_enabled',
      'server',
      'distributor',
      'live_store',
      'query_frontend',
      'metrics_generator',
      'storage',
      'overrides',
      'usage_report',
    ]
    expect(Object.keys(config).filter((key) => !known.includes(key))).toEqual([])
    expect(config['distributor']).toEqual({
      receivers: {
        otlp: {
          protocols: { grpc: { endpoint: '0.0.0.0:4317' }, http: { endpoint: '0.0.0.0:4318' } },
        },
      },
    })
  })

  test('keeps traces for a time that is set, and writes where the volume is', () => {
    expect(config['overrides']).toMatchObject({
      defaults: { compaction: { block_retention: expect.stringMatching(/^\d+h$/) as string } },
    })
    const paths = JSON.stringify(config).match(/"path":"[^"]+"/g) ?? []
    expect(paths).toHaveLength(4)
    expect(paths.filter((path) => !path.startsWith('"path":"/var/tempo/'))).toEqual([])
  })
})

interface Composed {
  readonly services: Readonly<
    Record<
      string,
      {
        readonly image: string
        readonly restart: string
        readonly healthcheck?: object
        readonly ports?: readonly { readonly host_ip?: string; readonly published: string }[]
        readonly volumes: readonly {
          readonly type: string
          readonly source: string
          readonly target: string
          readonly read_only?: boolean
        }[]
        readonly deploy: { readonly resources: { readonly limits: { readonly memory: string } } }
      }
    >
  >
  readonly volumes: Readonly<Record<string, unknown>>
}

function compose(...words: readonly string[]): ReturnType<typeof spawnSync> {
  return spawnSync('docker', ['compose', ...words], {
    encoding: 'utf8',
    env: { ...process.env, GRAFANA_ADMIN_PASSWORD: 'of-this-test' },
  })
}

const hasCompose = compose('version').status === 0
if (!hasCompose) {
  if (process.env['CI'] === 'true') throw new Error('CI needs docker compose, and there is none')
  console.warn(
    '\n!!! SKIPPED: docker-compose.yml is not validated, there is no docker compose !!!\n',
  )
}

describe.skipIf(!hasCompose)('docker-compose.yml', () => {
  const read = (...words: readonly string[]): Composed => {
    const { status, stdout, stderr } = compose(...words, 'config', '--format', 'json')
    if (status !== 0) throw new Error(String(stderr))
    return JSON.parse(String(stdout)) as Composed
  }
  const all = hasCompose
    ? Object.entries(read('--profile', 'bot', '--profile', 'clean').services)
    : []

  test('is five servers, and the bot and what cleans up only where they are asked for', () => {
    const servers = ['grafana', 'loki', 'otel-collector', 'prometheus', 'tempo']
    expect(Object.keys(read().services).toSorted()).toEqual(servers)
    expect(all.map(([name]) => name).toSorted()).toEqual(['bot', 'clean', ...servers])
    const folderOf = (name: string): unknown =>
      all.find(([own]) => own === name)?.[1].volumes?.find(({ target }) => target === '/data')
        ?.source
    expect(folderOf('clean')).toBe(folderOf('otel-collector'))
    expect(folderOf('clean')).toBeDefined()
  })

  test('every image has a version, every server a limit of memory and comes back after a restart', () => {
    for (const [name, service] of all) {
      // The bot's image is made here.
      expect(service.image, name).toMatch(/:(?:v?\d+\.\d+\.\d+|local)$/)
      expect(Number(service.deploy.resources.limits.memory), name).toBeGreaterThan(0)
      expect(service.restart, name).toBe('unless-stopped')
    }
  })

  test('nothing is published but on loopback', () => {
    const published = all.flatMap(([, { ports = [] }]) => ports)
    expect(published.length).toBeGreaterThanOrEqual(7)
    expect(published.filter((port) => port.host_ip !== '127.0.0.1')).toEqual([])
  })

  test('each server with a health program in its image is asked for its health', () => {
    const asked = all.flatMap(([name, { healthcheck }]) => (healthcheck ? [name] : []))
    expect(asked.toSorted()).toEqual(['grafana', 'loki', 'prometheus', 'tempo'])
  })

  test('each file that is mounted is there and cannot be changed from inside; all else is in a named volume', () => {
    for (const [name, { volumes }] of all) {
      const files = volumes.filter(({ type }) => type === 'bind')
      expect(
        files.filter(({ source }) => !existsSync(source)),
        name,
      ).toEqual([])
      expect(
        files.filter((file) => file.read_only !== true),
        name,
      ).toEqual([])
      expect(volumes.filter(({ type }) => type === 'volume').length, name).toBeGreaterThan(0)
    }
  })

  test('without a password for Grafana it does not start, and says how one is made', () => {
    const { status, stderr } = spawnSync(
      'docker',
      ['compose', '--env-file', '/dev/null', 'config'],
      {
        encoding: 'utf8',
        env: { PATH: process.env['PATH'], HOME: process.env['HOME'] },
      },
    )
    expect(status).not.toBe(0)
    expect(stderr).toContain('npm run stack')
  })
})
