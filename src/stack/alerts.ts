/**
 * What fired, from the series ALERTS that Prometheus writes at each evaluation of a rule: one sample for as long as an
 * alert fires. Kept as long as Prometheus keeps its data.
 */
import { arrayAt, ask, isObject, objectAt, objectOf } from './ask.ts'
import type { Json } from './ask.ts'
import type { Server } from './servers.ts'
import type { Range } from './stack.ts'

/** From when to when an alert fired. */
export interface FiredAlert {
  readonly name: string
  readonly severity: string
  /** What it fired about: venue, symbol, host …, as Prometheus names them. */
  readonly about: Readonly<Record<string, string>>
  readonly firedMs: number
  /** The last evaluation at which it fired. */
  readonly lastMs: number
  /** Whether it fired at the end of the range still. */
  readonly isFiring: boolean
}

// So long a range of raw samples at once.
const stepNs = 24n * 3_600_000_000_000n
/** Evaluations that may be missing between two samples of one alert. */
const missedMax = 3
/** Time between evaluations where a single sample does not tell it: what the rule files say. */
const evaluationMs = 15_000
const evaluationMsMax = 60_000

/**
 * The alerts that fired within the range, the first ones first.
 * @throws FillpathError `server_unreachable`, `server_refused`
 */
export async function firedAlerts(server: Server, { fromNs, toNs }: Range): Promise<FiredAlert[]> {
  const times = new Map<string, { readonly labels: Json; readonly times: number[] }>()
  for (let from = fromNs; from < toNs; from += stepNs) {
    const to = from + stepNs < toNs ? from + stepNs : toNs
    const seconds = Math.max(1, Math.ceil(Number((to - from) / 1_000_000n) / 1000))
    const answered = await ask(server, '/api/v1/query', {
      parameters: {
        query: `ALERTS{alertstate="firing"}[${seconds}s]`,
        time: String(Number(to / 1_000_000n) / 1000),
      },
    })
    for (const each of arrayAt(objectAt(objectOf(server, answered), 'data'), 'result')) {
      if (!isObject(each)) continue
      const labels = objectAt(each, 'metric')
      const key = JSON.stringify(
        Object.entries(labels).toSorted(([one], [other]) => one.localeCompare(other)),
      )
      const known = times.get(key) ?? { labels, times: [] }
      known.times.push(...timesOf(arrayAt(each, 'values')))
      times.set(key, known)
    }
  }
  return [...times.values()]
    .flatMap(({ labels, times: all }) => windows(labels, all, Number(toNs / 1_000_000n)))
    .toSorted((one, other) => one.firedMs - other.firedMs)
}

function timesOf(values: readonly unknown[]): number[] {
  return values.flatMap((pair) => {
    const seconds: unknown = Array.isArray(pair) ? pair[0] : undefined
    return typeof seconds === 'number' ? [Math.round(seconds * 1000)] : []
  })
}

/** Cuts the samples of one alert where it did not fire in between. */
function windows(labels: Json, all: readonly number[], endMs: number): FiredAlert[] {
  const times = [...new Set(all)].toSorted((one, other) => one - other)
  const steps = times.slice(1).map((time, index) => time - (times[index] ?? time))
  const stepMs = steps.length > 0 ? Math.min(evaluationMsMax, ...steps) : evaluationMs
  const gapMax = stepMs * (missedMax + 0.5)
  const { name, severity, about } = partsOf(labels)
  const found: FiredAlert[] = []
  let first = times[0]
  for (const [index, time] of times.entries()) {
    const next = times[index + 1]
    if (next !== undefined && next - time <= gapMax) continue
    found.push({
      name,
      severity,
      about,
      firedMs: first ?? time,
      lastMs: time,
      isFiring: next === undefined && endMs - time <= gapMax,
    })
    first = next
  }
  return found
}

const own: ReadonlySet<string> = new Set(['__name__', 'alertname', 'alertstate', 'severity'])

function partsOf(labels: Json): Pick<FiredAlert, 'name' | 'severity' | 'about'> {
  const of = (key: string): string => {
    const value = labels[key]
    return typeof value === 'string' ? value : ''
  }
  const about = Object.keys(labels).filter((key) => !own.has(key))
  return {
    name: of('alertname'),
    severity: of('severity'),
    about: Object.fromEntries(about.map((key) => [key, of(key)])),
  }
}
