/** What can happen to a bot and its spool, one step at a time. */
import * as fc from 'fast-check'
import type { PriorityClass } from '../../../src/semconv/classes.ts'
import type { DiskCall } from './model-disk.ts'
import type { World } from './world.ts'
import { destination } from './world.ts'

const plainNames = [
  'turn',
  'durable',
  'save',
  'skip',
  'roll',
  'free',
  'kill',
  'die',
  'power',
  'restart',
  'reader',
  'remove',
] as const
type PlainName = (typeof plainNames)[number]

export type Op =
  | { readonly op: PlainName }
  | { readonly op: 'emit'; class: PriorityClass; bytes: number; scope: number }
  | { readonly op: 'burst'; class: PriorityClass; records: number }
  | { readonly op: 'advance'; ms: number }
  | { readonly op: 'deliver'; line: 'live' | 'backlog' }
  | { readonly op: 'fill'; freeBytes: number }
  | { readonly op: 'fail'; call: DiskCall; code: string; times: number }

/** An operation, and how often it comes up. */
export interface Weighted {
  readonly weight: number
  readonly arbitrary: fc.Arbitrary<Op>
}

const classes = fc.constantFrom<PriorityClass>(
  'critical',
  'normal',
  'normal',
  'snapshot',
  'snapshot',
)

function plain(weight: number, op: PlainName): Weighted {
  return { weight, arbitrary: fc.constant<Op>({ op }) }
}

/** What a bot and its shipper do all day. */
export const daily: readonly Weighted[] = [
  {
    weight: 40,
    arbitrary: fc.record({
      op: fc.constant('emit' as const),
      class: classes,
      bytes: fc.oneof(fc.integer({ min: 0, max: 400 }), fc.integer({ min: 0, max: 6000 })),
      scope: fc.integer({ min: 1, max: 4 }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      op: fc.constant('burst' as const),
      class: classes,
      records: fc.integer({ min: 5, max: 60 }),
    }),
  },
  plain(14, 'turn'),
  {
    weight: 8,
    arbitrary: fc.record({
      op: fc.constant('advance' as const),
      ms: fc.integer({ min: 50, max: 1500 }),
    }),
  },
  plain(3, 'durable'),
  {
    weight: 12,
    arbitrary: fc.record({
      op: fc.constant('deliver' as const),
      line: fc.constantFrom('live' as const, 'backlog' as const),
    }),
  },
  plain(4, 'save'),
  plain(1, 'skip'),
  plain(1, 'roll'),
  plain(1, 'restart'),
]

/** The disk fills up, and has room again. */
export const fullDisk: readonly Weighted[] = [
  {
    weight: 2,
    arbitrary: fc.record({
      op: fc.constant('fill' as const),
      freeBytes: fc.integer({ min: 0, max: 3000 }),
    }),
  },
  plain(3, 'free'),
]

/** The next calls of one kind fail. */
export function failing(
  weight: number,
  calls: readonly DiskCall[],
  codes: readonly string[],
): Weighted {
  return {
    weight,
    arbitrary: fc.record({
      op: fc.constant('fail' as const),
      call: fc.constantFrom(...calls),
      code: fc.constantFrom(...codes),
      times: fc.integer({ min: 1, max: 4 }),
    }),
  }
}

/** The bot is killed, also in the middle of a write, and so is its shipper. */
export const kills: readonly Weighted[] = [plain(1, 'kill'), plain(1, 'die'), plain(2, 'reader')]

/** Somebody deletes the folder of the bot that runs. */
export const deletions: readonly Weighted[] = [plain(1, 'remove')]

export const powerLosses: readonly Weighted[] = [plain(3, 'power')]

/** Does one step. A process that died by it is started again. */
export async function apply(world: World, op: Op): Promise<void> {
  await step(world, op)
  if (world.isDead) await world.crash('kill')
}

async function step(world: World, op: Op): Promise<void> {
  switch (op.op) {
    case 'emit':
      world.emit(op.class, op.bytes, { scope: op.scope })
      return
    case 'burst':
      for (let count = 0; count < op.records; count += 1) world.emit(op.class, 200)
      return
    case 'turn':
      return world.turn()
    case 'advance':
      return world.advance(op.ms)
    case 'durable':
      await world.durable()
      return
    case 'deliver':
      world.deliver(op.line)
      return
    case 'save':
      return world.save()
    case 'skip':
      return world.reader.skipToLive(destination)
    case 'roll':
      return world.spool.roll()
    case 'fill':
      world.disk.capacity = world.disk.used() + op.freeBytes
      return
    case 'free':
      world.disk.capacity = Number.POSITIVE_INFINITY
      return
    case 'fail':
      return world.disk.fail(op.call, op.code, { times: op.times })
    case 'reader':
      return world.restartReader()
    case 'restart':
      return world.restart()
    case 'remove':
      return world.removeFolder()
    case 'die':
      return world.disk.fail('write', 'die')
    case 'kill':
    case 'power':
      return world.crash(op.op)
  }
}
