import type { ConditionLevel } from '../../../semconv/words.ts'

/** What is said of a condition beside its name and whether it holds. */
export interface ConditionOptions {
  /** Market that it is about. @default all that the bot trades */
  readonly symbol?: string | undefined
  readonly venue?: string | undefined
  readonly strategy?: string | undefined
  /** How much it matters; the line has this level. @default 'info' */
  readonly level?: ConditionLevel | undefined
  /** What was measured. A new value alone is no change: it is not logged. */
  readonly value?: number | undefined
  /** What it was compared with. */
  readonly threshold?: number | undefined
  /** Text for people. @default the name and the numbers */
  readonly text?: string | undefined
  readonly attributes?: Readonly<Record<string, unknown>> | undefined
}

/** A condition of a detector, whose symbol and strategy are its own. */
export type DetectorConditionOptions = Omit<ConditionOptions, 'symbol' | 'strategy'>

/** A condition that holds now. */
export interface StandingCondition {
  readonly name: string
  readonly level: ConditionLevel
  readonly symbol: string | undefined
  readonly venue: string | undefined
  readonly strategy: string | undefined
  /** When it began, milliseconds since the epoch. */
  readonly sinceMs: number
  /** How often it was reported since. */
  readonly reports: number
}
