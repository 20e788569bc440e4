import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { DockerComposeEnvironment, Wait } from 'testcontainers'
import { stringify } from 'yaml'
import './engine.ts'
import type { StartedDockerComposeEnvironment } from 'testcontainers'

/** Services of docker-compose.yml. */
export type Service = 'otel-collector' | 'loki' | 'prometheus' | 'tempo' | 'grafana'

const ports: Readonly<Record<Service, number>> = {
  'otel-collector': 4318,
  loki: 3100,
  prometheus: 9090,
  tempo: 3200,
  grafana: 3000,
}

/** A running part of the stack: the very docker-compose.yml that users run, with free ports and a folder of its own. */
export interface Stack {
  /** `http://127.0.0.1:port` of a service; for the Collector its OTLP/HTTP port. */
  url(service: Service): string
  /** Where the Collector writes its JSONL files. */
  readonly folder: string
  readonly environment: StartedDockerComposeEnvironment
  /** `docker compose down` and `up`: every container is removed and made anew on the volumes that were there. */
  downAndUp(): Promise<void>
  stop(): Promise<void>
}

/** What a test changes of docker-compose.yml, as a compose override: service → its keys. */
export type Changes = Readonly<Record<string, Readonly<Record<string, unknown>>>>

/** Starts services of docker-compose.yml and waits until each is ready. */
export function startStack(...services: readonly Service[]): Promise<Stack> {
  return startChanged({}, ...services)
}

/** The same with changes; a service that is only named there is started too. */
export async function startChanged(
  changes: Changes,
  ...services: readonly Service[]
): Promise<Stack> {
  const scratch = mkdtempSync(join(tmpdir(), 'fillpath-stack-'))
  const folder = join(scratch, 'data')
  // Ports of this run alone, on loopback; everything else is what users run.
  const override = join(scratch, 'ports.yml')
  const stays = Object.fromEntries(services.map((service) => [service, { restart: 'no' }]))
  const changed = Object.entries(changes).map(([name, keys]) => [name, { ...keys, restart: 'no' }])
  writeFileSync(override, stringify({ services: { ...stays, ...Object.fromEntries(changed) } }))
  let environment = new DockerComposeEnvironment(resolve('.'), ['docker-compose.yml', override])
    .withProjectName(`fillpath-test-${process.pid}-${Date.now() % 100_000}`)
    .withEnvironment({
      FILLPATH_STACK_DATA: folder,
      FILLPATH_OTLP_GRPC_PORT: '0',
      FILLPATH_OTLP_HTTP_PORT: '0',
      FILLPATH_COLLECTOR_HEALTH_PORT: '0',
      FILLPATH_LOKI_PORT: '0',
      FILLPATH_PROMETHEUS_PORT: '0',
      FILLPATH_TEMPO_PORT: '0',
      FILLPATH_GRAFANA_PORT: '0',
      GRAFANA_ADMIN_PASSWORD: 'of-this-test',
      FILLPATH_ALERTING: './grafana/provisioning/alerting',
    })
    .withStartupTimeout(180_000)
  for (const service of services) {
    const ready =
      service === 'otel-collector' ? Wait.forHttp('/ready', 13_133) : Wait.forHealthCheck()
    environment = environment.withWaitStrategy(`${service}-1`, ready)
  }
  const up = (): Promise<StartedDockerComposeEnvironment> =>
    environment.up([...new Set([...services, ...Object.keys(changes)])])
  let started = await up()
  return {
    folder,
    get environment() {
      return started
    },
    async downAndUp() {
      await started.down({ removeVolumes: false, timeout: 30_000 })
      started = await up()
    },
    url(service) {
      const container = started.getContainer(`${service}-1`)
      return `http://127.0.0.1:${container.getMappedPort(ports[service])}`
    },
    async stop() {
      await started.down({ removeVolumes: true, timeout: 10_000 })
      rmSync(scratch, { recursive: true, force: true })
    },
  }
}

/** Asks again until the answer is the one expected, or the time is over; returns the last answer. */
export async function eventually<T>(
  ask: () => Promise<T>,
  expected: (answer: T) => boolean,
  timeoutMs = 110_000,
): Promise<T> {
  const until = performance.now() + timeoutMs
  for (;;) {
    const answer = await ask()
    if (expected(answer) || performance.now() > until) return answer
    await sleep(500)
  }
}

/** The JSON that a URL answers with; throws with the body when the status is not 2xx. */
export async function json<T>(
  url: string,
  parameters: Readonly<Record<string, string>> = {},
): Promise<T> {
  const answer = await fetch(`${url}?${new URLSearchParams(parameters).toString()}`)
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${answer.status} from ${url}: ${text}`)
  return JSON.parse(text) as T
}
