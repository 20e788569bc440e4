/** Which of several runs was first, on machines whose wall clocks may be set at any time. */
import type { SegmentHeader } from '../../wire/segment.ts'

/** When a folder was begun, by both clocks of its machine. */
export type Begun = Pick<SegmentHeader, 'machine' | 'wallNs' | 'monotonicNs'>

/** The machine of a segment that was written where there is no id of it, or for a process that was dead. */
export const noMachine = '0'.repeat(32)

/** Whether one was begun before another. The wall clock decides only where the other cannot: it may have been set. */
export function earlier(one: Begun, other: Begun): boolean {
  return one.machine === other.machine && one.machine !== noMachine
    ? one.monotonicNs < other.monotonicNs
    : one.wallNs < other.wallNs
}

/** A folder that can be put in order. */
export interface OrderedFolder {
  /** The running boot writes it. */
  readonly isLive: boolean
  begun(): Begun
}

/** Folders in the order in which they were begun; the live one last. */
export function inOrder<Folder extends OrderedFolder>(folders: Iterable<Folder>): Folder[] {
  const begun = [...folders].map((folder) => ({ folder, begun: folder.begun() }))
  const machines = Map.groupBy(begun, (each) => each.begun.machine)
  const first = (machine: string): bigint =>
    (machines.get(machine) ?? []).reduce(
      (ns, each) => (each.begun.wallNs < ns ? each.begun.wallNs : ns),
      2n ** 64n,
    )
  // Machine after machine, so that runs of one are never compared by a clock that may have been set between them.
  const groups = [...machines.keys()].sort((a, b) => compare(first(a), first(b)))
  const sorted = groups.flatMap((machine) =>
    (machines.get(machine) ?? []).sort((a, b) =>
      earlier(a.begun, b.begun) ? -1 : earlier(b.begun, a.begun) ? 1 : 0,
    ),
  )
  const inTime = sorted.map(({ folder }) => folder)
  return [...inTime.filter(({ isLive }) => !isLive), ...inTime.filter(({ isLive }) => isLive)]
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0
}
