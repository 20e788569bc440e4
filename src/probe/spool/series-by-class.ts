import type { Clock } from '../../base/clock.ts'
import type { PriorityClass } from '../../semconv/classes.ts'
import type { Home } from './home.ts'
import { machineId, machineNs } from './machine.ts'
import type { SeriesHost } from './series.ts'
import { Series } from './series.ts'

/** What the series of a boot have in common. */
export interface SeriesOptions extends Pick<
  SeriesHost,
  'disk' | 'segmentBytesMax' | 'ledger' | 'dictionary'
> {
  readonly clock: Clock
  readonly home: Home
  /** Folders whose names are to be synced. */
  readonly folders: Set<string>
}

/** The series of a boot, one for each class. */
export function createSeries(options: SeriesOptions): Readonly<Record<PriorityClass, Series>> {
  const { home, clock, folders, disk, segmentBytesMax, ledger } = options
  const host: SeriesHost = {
    disk,
    segmentBytesMax,
    install: home.install,
    boot: home.boot,
    machine: machineId(),
    path: (name) => home.path(name),
    nowMs: () => clock.monotonicMs(),
    timesAt(ms) {
      const sinceNs = BigInt(Math.round((clock.monotonicMs() - ms) * 1e6))
      return { wallNs: clock.wallNs() - sinceNs, monotonicNs: machineNs() - sinceNs }
    },
    dictionary: (origin) => options.dictionary(origin),
    ledger,
    opened: () => void folders.add(home.folder),
  }
  return {
    critical: new Series('critical', host),
    normal: new Series('normal', host),
    snapshot: new Series('snapshot', host),
  }
}
