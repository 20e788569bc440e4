/**
 * What can go wrong at a paper venue, by a seed. Named profiles, so that a run can be repeated and spoken of.
 *
 * Requests draw from a shuffled deck instead of tossing a coin: each fault of the deck comes exactly once
 * per round, so that half a minute shows them all, at places that the seed decides. What happens by itself
 * (outages, funding, auto-deleveraging) comes at intervals counted in candles, since a candle is the
 * natural time of a market: half a second here, ten minutes in a quiet recording.
 */
import type { Random } from '../random.ts'
import type { ChannelFaults } from './channel.ts'

/**
 * - `lost`: the request never reaches the venue, and the caller's time runs out
 * - `lost_reply`: the venue carries it out, the answer never comes
 * - `late`: as lost_reply, but it reaches the venue after the caller gave up
 * - `slow`: everything fine, ten times slower
 * - `unavailable`: 503, not carried out
 * - `busy`: 429, not carried out
 * - `refused`: the venue says no, though nothing is wrong with the order
 * - `thin`: a two-hundredth of the displayed size is really there
 */
export type RequestFault =
  | 'none'
  | 'lost'
  | 'lost_reply'
  | 'late'
  | 'slow'
  | 'unavailable'
  | 'busy'
  | 'refused'
  | 'thin'

/** How many of each there are in the deck. */
export type Deck = Partial<Readonly<Record<RequestFault, number>>>

/** Something that happens again and again, counted in candles. */
export interface Recurring {
  readonly everyCandles: number
  readonly forCandles: number
}

/** What goes wrong at one venue. */
export interface VenueFaults {
  /** Mean way of a request, and of its answer, ms. */
  readonly wayMs: number
  readonly create: Deck
  readonly cancel: Deck
  /** Amending and looking things up. */
  readonly other: Deck
  readonly stream: ChannelFaults
  /** The user stream breaks. */
  readonly streamBreaks?: Recurring
  /** The market data breaks. */
  readonly feedBreaks?: Recurring
  /** Everything answers 503. */
  readonly maintenance?: Recurring
  readonly funding?: { readonly everyCandles: number; readonly rate: string }
  /** The venue closes part of the position. */
  readonly deleveraging?: { readonly everyCandles: number; readonly share: string }
  /** The venue's mark price drifts away against the position, for a moment by this part. */
  readonly markErrors?: { readonly everyCandles: number; readonly part: string }
  readonly weightLimit: number
  readonly weightWindowMs: number
}

/** What goes wrong at both. */
export interface FaultProfile {
  readonly description: string
  /** Where the maker orders go. */
  readonly first: VenueFaults
  /** Where the hedges go. */
  readonly second: VenueFaults
}

const calm: VenueFaults = {
  wayMs: 12,
  create: { none: 1 },
  cancel: { none: 1 },
  other: { none: 1 },
  stream: { delayMs: 8 },
  weightLimit: 1200,
  weightWindowMs: 10_000,
}

const lively: VenueFaults = {
  ...calm,
  create: { none: 11, refused: 2, lost: 1, lost_reply: 1, slow: 1 },
  cancel: { none: 5, slow: 1, lost_reply: 1 },
  other: { none: 40, unavailable: 1, slow: 1 },
  stream: { delayMs: 8, lateShare: 0.05, lateMs: 60, twiceShare: 0.08 },
  streamBreaks: { everyCandles: 31, forCandles: 1 },
  funding: { everyCandles: 16, rate: '0.00005' },
}

/** By name, what `--faults` takes. */
export const profiles = {
  none: { description: 'nothing goes wrong', first: calm, second: calm },
  lively: {
    description: 'a bit of everything, so that half a minute shows each outcome',
    first: { ...lively, deleveraging: { everyCandles: 37, share: '0.5' } },
    second: {
      ...lively,
      create: { none: 10, refused: 2, thin: 6, lost_reply: 1, unavailable: 1 },
      maintenance: { everyCandles: 41, forCandles: 5 },
    },
  },
  heavy: {
    description: 'more of everything: refusals, timeouts, broken streams, failed hedges',
    first: {
      ...lively,
      create: { none: 6, refused: 2, lost: 1, lost_reply: 2, late: 1, slow: 1, busy: 1 },
      cancel: { none: 2, slow: 1, lost_reply: 1, lost: 1 },
      stream: { delayMs: 12, lateShare: 0.2, lateMs: 150, twiceShare: 0.2 },
      streamBreaks: { everyCandles: 13, forCandles: 2 },
      feedBreaks: { everyCandles: 43, forCandles: 4 },
      deleveraging: { everyCandles: 23, share: '0.5' },
      markErrors: { everyCandles: 47, part: '0.12' },
    },
    second: {
      ...lively,
      create: { none: 6, refused: 3, thin: 8, lost: 1, lost_reply: 1, unavailable: 2, busy: 1 },
      streamBreaks: { everyCandles: 17, forCandles: 2 },
      maintenance: { everyCandles: 29, forCandles: 7 },
    },
  },
  rejects: {
    description: 'venues refuse one order of three',
    first: { ...calm, create: { none: 4, refused: 2 } },
    second: { ...calm, create: { none: 4, refused: 1, thin: 1 } },
  },
  timeouts: {
    description: 'answers get lost: orders of unknown outcome, some of them real',
    first: {
      ...calm,
      create: { none: 3, lost: 1, lost_reply: 1, late: 1 },
      cancel: { none: 2, lost: 1, lost_reply: 1 },
    },
    second: { ...calm, create: { none: 4, lost: 1, lost_reply: 1, late: 1 } },
  },
  disconnects: {
    description:
      'user streams and market data break; fills are missed; messages overtake each other',
    first: {
      ...calm,
      stream: { delayMs: 10, lateShare: 0.3, lateMs: 150, twiceShare: 0.3 },
      streamBreaks: { everyCandles: 5, forCandles: 1.5 },
      feedBreaks: { everyCandles: 31, forCandles: 4 },
    },
    second: {
      ...calm,
      stream: { delayMs: 10, lateShare: 0.3, lateMs: 150, twiceShare: 0.3 },
      streamBreaks: { everyCandles: 7, forCandles: 1.5 },
    },
  },
  'hedge-fails': {
    description: 'the second venue is thin or refuses most of the time: unwinds',
    first: calm,
    second: {
      ...calm,
      create: { none: 3, thin: 9, refused: 2, unavailable: 1 },
    },
  },
  blackouts: {
    description: 'both venues go down for long: hedges are late, unwinds fail',
    first: {
      ...calm,
      create: { none: 6, lost: 1 },
      maintenance: { everyCandles: 31, forCandles: 17 },
    },
    second: {
      ...calm,
      create: { none: 3, thin: 6, refused: 3 },
      maintenance: { everyCandles: 17, forCandles: 6 },
    },
  },
  'rate-limits': {
    description: 'small request budgets, and a venue that says 429',
    first: { ...calm, create: { none: 5, busy: 1 }, weightLimit: 40, weightWindowMs: 4000 },
    second: { ...calm, create: { none: 5, busy: 1 }, weightLimit: 40, weightWindowMs: 4000 },
  },
  liquidations: {
    description: 'wrong mark prices and auto-deleveraging: orders the bot never sent',
    first: {
      ...calm,
      markErrors: { everyCandles: 25, part: '0.12' },
      deleveraging: { everyCandles: 11, share: '0.4' },
      funding: { everyCandles: 8, rate: '0.0005' },
    },
    second: {
      ...calm,
      deleveraging: { everyCandles: 19, share: '0.4' },
      funding: { everyCandles: 8, rate: '0.0005' },
    },
  },
  slow: {
    description: 'every way takes an eighth of a second: cancels race with fills, hedges are late',
    first: { ...calm, wayMs: 125, stream: { delayMs: 150, lateShare: 0.2, lateMs: 400 } },
    second: {
      ...calm,
      wayMs: 125,
      create: { none: 2, thin: 1, slow: 1 },
      stream: { delayMs: 150, lateShare: 0.2, lateMs: 400 },
    },
  },
} as const satisfies Readonly<Record<string, FaultProfile>>

/** A profile that there is. */
export type ProfileName = keyof typeof profiles

/** Is there such a profile? */
export function isProfileName(name: string): name is ProfileName {
  return Object.hasOwn(profiles, name)
}

/** Deals the faults of a deck in random order, and shuffles again when all are dealt. */
export function dealer(deck: Deck, random: Random): () => RequestFault {
  const cards = (Object.keys(deck) as RequestFault[]).flatMap((fault) =>
    Array.from({ length: deck[fault] ?? 0 }, () => fault),
  )
  let left: RequestFault[] = []
  return () => {
    if (left.length === 0) left = random.shuffle(cards)
    return left.pop() ?? 'none'
  }
}
