/**
 * Does the stack work, now? Each server is asked whether it is ready; then a span, a line and a sample go through the
 * Collector, and are waited for in Tempo, Loki and Prometheus.
 *
 * Nothing is changed but for the probe itself.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { FillpathError } from '../../semconv/error.ts'
import { ask, arrayAt, isObject, objectAt, objectOf } from '../ask.ts'
import { arrivals, newProbe, sendProbe } from './probe.ts'
import { broken, startHint, stateOf } from './server.ts'
import type { Server } from '../servers.ts'
import type { Probe, ProbeSignal } from './probe.ts'
import type { ServerState } from './server.ts'

/** Servers that are checked; one that is undefined is left out. */
export interface Checked {
  readonly collector: Server | undefined
  readonly loki: Server | undefined
  readonly tempo: Server | undefined
  readonly prometheus: Server | undefined
  readonly grafana: Server | undefined
}

/** How a server did. */
export interface CheckResult extends ServerState {
  /** What of the probe belongs there; undefined for Grafana. */
  readonly signal: ProbeSignal | 'all' | undefined
  /** How long the probe took to arrive; undefined when it did not, or none could be sent. */
  readonly arrivedMs: number | undefined
}

const pollMs = 200
const signals = ['traces', 'logs', 'metrics'] as const
const words = { traces: 'span', logs: 'line', metrics: 'sample' } as const
const exporters = {
  traces: 'otlp_grpc/tempo',
  logs: 'otlp_http/loki',
  metrics: 'otlp_http/prometheus',
} as const

/**
 * Checks the servers.
 * @param options.timeoutMs how long the probe is waited for
 */
export async function checkStack(
  checked: Checked,
  { timeoutMs }: { readonly timeoutMs: number },
): Promise<CheckResult[]> {
  const { collector, loki, tempo, prometheus, grafana } = checked
  const probe = newProbe(Date.now())
  const startedMs = performance.now()
  const collectorResult =
    collector === undefined ? undefined : await sendAll(collector, probe, prometheus)
  const isSent = collectorResult?.ready === true
  const wait = async (server: Server | undefined, signal: ProbeSignal): Promise<CheckResult[]> => {
    if (server === undefined) return []
    const state = await stateOf(server, arrivals[signal].server)
    const base = { ...state, signal, arrivedMs: undefined }
    if (!state.ready) return [{ ...base, problem: `${state.problem}${keptText(state, isSent)}` }]
    if (!isSent) return [base]
    const arrivedMs = await arrival({ server, signal, probe, startedMs, timeoutMs })
    if (typeof arrivedMs === 'number') return [{ ...base, arrivedMs }]
    return [
      {
        ...base,
        ...(await notArrived({ server, signal, timeoutMs, error: arrivedMs, prometheus })),
      },
    ]
  }
  const results = await Promise.all([
    wait(tempo, 'traces'),
    wait(loki, 'logs'),
    wait(prometheus, 'metrics'),
    grafana === undefined
      ? []
      : stateOf(grafana, 'grafana').then((state) => [
          { ...state, signal: undefined, arrivedMs: undefined },
        ]),
  ])
  return [...(collectorResult === undefined ? [] : [collectorResult]), ...results.flat()]
}

/** Whether all that was checked works. */
export function isFine(results: readonly CheckResult[]): boolean {
  return results.every(({ problem }) => problem === '')
}

/** Where the Collector works and the server is away, nothing is lost. */
function keptText({ server, hint }: ServerState, isSent: boolean): string {
  const isAway = hint === startHint(server.name)
  return isSent && isAway ? '; what is sent meanwhile waits on the disk of the Collector' : ''
}

/** Sends the probe; the Collector works when it takes all three signals. */
async function sendAll(
  collector: Server,
  probe: Probe,
  prometheus: Server | undefined,
): Promise<CheckResult> {
  const base = { ...broken(collector), signal: 'all', arrivedMs: undefined } as const
  const startedMs = performance.now()
  try {
    for (const signal of signals) {
      const { status, text } = await sendProbe(collector, signal, probe)
      if (status !== 200) return { ...base, ...refusal(status, text, signal) }
    }
  } catch (error) {
    if (!(error instanceof FillpathError)) throw error
    return { ...base, problem: `${error.message}; bots keep their records until it is back` }
  }
  const arrivedMs = performance.now() - startedMs
  const version = await collectorVersion(prometheus)
  return { ...base, ready: true, version, problem: '', hint: '', arrivedMs }
}

function refusal(
  status: number,
  text: string,
  signal: ProbeSignal,
): Pick<CheckResult, 'problem' | 'hint'> {
  const said = text.replaceAll(/\s+/g, ' ').trim().slice(0, 200)
  const problem = `it refuses a ${words[signal]} (${status}): ${said}`
  if (/no space left/.test(text)) {
    return {
      problem,
      hint: 'Its disk is full. Free space where its volumes are: docker system df -v.',
    }
  }
  if (/memory usage/.test(text)) {
    return { problem, hint: 'It is out of memory. Give the container more, in docker-compose.yml.' }
  }
  if (/queue is full/.test(text)) {
    return {
      problem,
      hint: 'Its queue is full, because a server behind it is away. Mend that one; bots keep their records.',
    }
  }
  if (status === 404 || status === 405) {
    return { problem, hint: 'That is no OTLP receiver. Give the address with --collector URL.' }
  }
  return { problem, hint: startHint('otel-collector') }
}

/** The Collector says its version in its own metrics alone. */
async function collectorVersion(prometheus: Server | undefined): Promise<string> {
  const [sample] = await samples(prometheus, 'target_info{job="otelcol"}')
  const version = sample === undefined ? undefined : objectAt(sample, 'metric')['service_version']
  return typeof version === 'string' ? version : ''
}

async function samples(
  prometheus: Server | undefined,
  query: string,
): Promise<Readonly<Record<string, unknown>>[]> {
  if (prometheus === undefined) return []
  try {
    const answered = await ask(prometheus, '/api/v1/query', {
      parameters: { query },
      timeoutMs: 5_000,
    })
    const data = objectAt(objectOf(prometheus, answered), 'data')
    return arrayAt(data, 'result').filter(isObject)
  } catch {
    // It only adds to what is known; that Prometheus is away is said of itself.
    return []
  }
}

interface Waiting {
  readonly server: Server
  readonly signal: ProbeSignal
  readonly probe: Probe
  readonly startedMs: number
  readonly timeoutMs: number
}

/** How long the probe took; when it did not arrive, the last error of asking for it, `''` when there was none. */
async function arrival(waiting: Waiting): Promise<number | string> {
  const { server, signal, probe, startedMs, timeoutMs } = waiting
  let problem = ''
  for (;;) {
    try {
      if (await arrivals[signal].has(server, probe)) return performance.now() - startedMs
      problem = ''
    } catch (error) {
      if (!(error instanceof FillpathError)) throw error
      problem = error.message
    }
    if (performance.now() - startedMs > timeoutMs) return problem
    await sleep(pollMs)
  }
}

async function notArrived({
  server,
  signal,
  timeoutMs,
  error,
  prometheus,
}: Omit<Waiting, 'probe' | 'startedMs'> & {
  readonly error: string
  readonly prometheus: Server | undefined
}): Promise<Pick<CheckResult, 'problem' | 'hint'>> {
  if (error !== '') return { problem: error, hint: startHint(server.name) }
  const exporter = exporters[signal]
  const [queue] = await samples(prometheus, `otelcol_exporter_queue_size{exporter="${exporter}"}`)
  const bytes = queue === undefined ? Number.NaN : Number(arrayAt(queue, 'value')[1])
  const waits =
    bytes > 0 ? ` ${bytes.toLocaleString('en')} bytes wait for it in the Collector.` : ''
  return {
    problem: `it is ready, but the ${words[signal]} sent through the Collector did not arrive within ${timeoutMs / 1000} s.${waits}`,
    hint: `See why the Collector cannot hand it on (exporter ${exporter}): docker compose logs --tail 20 otel-collector.`,
  }
}
