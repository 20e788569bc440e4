/** Questions of `fillpath query` to the stack. */
import { InvalidArgumentError } from 'commander'
import { nearest } from '../../base/nearest.ts'
import { FillpathError } from '../../semconv/error.ts'
import { StackFlows } from '../../stack/flows.ts'
import { indexOf } from '../../stack/index-of.ts'
import { instantOf } from '../period.ts'
import type { Filter } from '../../desk/store/questions/answer.ts'
import type { Database } from '../../desk/store/sqlite.ts'
import type { Subject } from '../../stack/index-of.ts'
import type { Stack } from '../../stack/stack.ts'
import type { Output } from '../output.ts'

/** What `--from` says: once where the answer comes from, once from which time on. */
export interface From {
  readonly stack: boolean
  readonly time: string | undefined
}

/** Reads one `--from`; the word `stack` is a source, everything else a time. Both may be given. */
export function readFrom(value: string, before: From | undefined): From {
  const { stack, time } = before ?? { stack: false, time: undefined }
  if (value === 'stack') return { stack: true, time }
  if (/^[a-z]+$/i.test(value)) {
    throw new InvalidArgumentError(
      `It is neither a time, such as 2026-01-15T10:30, nor "stack", which asks Loki, Tempo and Prometheus.`,
    )
  }
  return { stack, time: value }
}

/** What a question is about, where that is less than all. */
export type About =
  | { readonly kind: 'task' | 'flow'; readonly id: string }
  | { readonly kind: 'instant'; readonly at: string | undefined }
  | { readonly kind: 'tables'; readonly statement: string }

const dayMs = 86_400_000

/**
 * Hands `ask` an index of what the stack has.
 * @throws FillpathError `server_unreachable`, `server_refused`, `not_found`, `usage`
 */
export async function withStack<T>(
  output: Output,
  stack: Stack,
  {
    about,
    filter,
    timeZone,
  }: {
    readonly about: About | undefined
    readonly filter: Filter
    readonly timeZone: string
  },
  ask: (database: Database) => T,
): Promise<T> {
  const subject = subjectOf(output, about, filter, timeZone)
  const progress = output.progress('reading from the stack')
  const database = await indexOf(stack, subject, (share) => progress.update(share))
  progress.done()
  try {
    return ask(database)
  } catch (error) {
    if (!(error instanceof FillpathError) || error.code !== 'not_found') throw error
    throw await notThere(stack, subject, error)
  } finally {
    database.close()
  }
}

function subjectOf(
  output: Output,
  about: About | undefined,
  filter: Filter,
  timeZone: string,
): Subject {
  if (about?.kind === 'task' || about?.kind === 'flow') return about
  if (about === undefined && filter.task !== undefined) return { kind: 'task', id: filter.task }
  if (about === undefined && filter.correlation !== undefined) {
    return { kind: 'flow', id: filter.correlation }
  }
  const atMs =
    about?.kind === 'instant' && about.at !== undefined
      ? instantOf(about.at, timeZone, '--at', 1)
      : undefined
  const toMs = filter.toMs ?? atMs ?? Date.now()
  const fromMs = filter.fromMs ?? toMs - dayMs
  if (filter.fromMs === undefined) {
    output.note('fillpath: the stack is asked for one day; --days, --date or --from ask for more')
  }
  const statement = about?.kind === 'tables' ? about.statement : ''
  return {
    kind: 'period',
    range: {
      fromNs: BigInt(Math.floor(fromMs)) * 1_000_000n,
      toNs: BigInt(Math.ceil(toMs)) * 1_000_000n,
    },
    spans: /\bspans\b/i.test(statement),
    points: /\bmetric_points\b/i.test(statement),
  }
}

/** The same error, said of the stack: an index of one answer knows no other ids. */
async function notThere(
  stack: Stack,
  subject: Subject,
  error: FillpathError,
): Promise<FillpathError> {
  if (subject.kind === 'period') {
    const at = (ns: bigint): string => new Date(Number(ns / 1_000_000n)).toISOString()
    return new FillpathError(
      'not_found',
      `nothing in ${stack.place} from ${at(subject.range.fromNs)} to ${at(subject.range.toNs)} is what was asked for`,
      {
        hint: 'Ask for another period with --days, --date, --from and --to, or see with "fillpath stack check" whether records arrive.',
      },
    )
  }
  const near = nearest(subject.id, await new StackFlows(stack, { spans: false }).known())
  return new FillpathError(
    'not_found',
    error.message.replace('in the index', `in ${stack.place}`),
    {
      hint:
        near.length > 0
          ? `Did you mean ${near.map((candidate) => `"${candidate}"`).join(' or ')}?`
          : 'Ids of what happened lately stand in the lines of "fillpath tail --from stack".',
    },
  )
}
