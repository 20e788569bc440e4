import { context as contextApi } from '@opentelemetry/api'
import { conditionLevels } from '../../semconv/words.ts'
import type { ConditionLevel } from '../../semconv/words.ts'
import { inheritedAttributes } from '../event/context.ts'
import { fault, guarded } from '../event/fault.ts'
import { defined } from './core.ts'
import type { Core, Scope } from './core.ts'
import type { ConditionOptions, StandingCondition } from './handles/condition.ts'

/** A condition that holds, and since when. */
interface Standing {
  readonly name: string
  readonly level: ConditionLevel
  readonly about: ConditionOptions
  readonly sinceMs: number
  /** Monotonic. */
  readonly startMs: number
  reports: number
}

/**
 * Conditions are levels, not edges: a bot reports at every tick whether one holds, and a line is written when that
 * changes. What a condition is about (name, symbol, venue, strategy) tells it from others; numbers and texts do not.
 *
 * - A change is: begins to hold, has another level, holds no more. All else is counted.
 * - What stands when the bot stops is cleared with it. After a crash, the next start of the bot says that it is over.
 */
const standingMax = 10_000

/** The conditions of one {@link Flows}. */
export class Conditions {
  readonly #core: Core
  readonly #standing = new Map<string, Standing>()
  #isFull = false
  #isClosed = false

  constructor(core: Core) {
    this.#core = core
  }

  report(name: string, holds: boolean, options: ConditionOptions = {}): void {
    if (this.#isClosed) return
    const key = `${name}\n${options.symbol ?? ''}\n${options.venue ?? ''}\n${options.strategy ?? ''}`
    const standing = this.#standing.get(key)
    if (!holds) {
      if (!standing) return
      this.#standing.delete(key)
      this.#clear(standing, options)
      return
    }
    const level = levelOf(options.level)
    if (standing?.level === level) {
      standing.reports += 1
      return
    }
    if (!standing && this.#standing.size >= standingMax) {
      this.#full()
      return
    }
    this.#standing.set(key, {
      name,
      level,
      about: options,
      sinceMs: standing?.sinceMs ?? this.#core.wallMs(),
      startMs: standing?.startMs ?? this.#core.nowMs(),
      reports: (standing?.reports ?? 0) + 1,
    })
    this.#core.emit(
      this.#scope(options),
      'trading.condition.set',
      {
        'trading.condition.name': name,
        'trading.condition.level': level,
        'trading.condition.previous_level': standing?.level,
        'trading.indicator.value': options.value,
        'trading.indicator.threshold': options.threshold,
      },
      {
        message: options.text ?? `${name}${numbers(options)}`,
        severity: level,
        extra: options.attributes,
      },
    )
  }

  /** What holds now, the longest first. */
  list(): StandingCondition[] {
    return [...this.#standing.values()]
      .map(({ name, level, about: { symbol, venue, strategy }, sinceMs, reports }) => ({
        name,
        level,
        symbol,
        venue,
        strategy,
        sinceMs,
        reports,
      }))
      .sort((a, b) => a.sinceMs - b.sinceMs)
  }

  /** Nobody reports any more: clears what stands. */
  close(reason: string): void {
    this.#isClosed = true
    for (const standing of this.#standing.values()) {
      guarded('condition', () =>
        this.#clear(standing, { text: `${standing.name} is not watched any more: ${reason}` }),
      )
    }
    this.#standing.clear()
  }

  #clear({ name, level, about, startMs, reports }: Standing, last: ConditionOptions): void {
    this.#core.emit(
      this.#scope(about),
      'trading.condition.cleared',
      {
        'trading.condition.name': name,
        'trading.condition.level': level,
        'trading.condition.standing_ms': Math.max(0, this.#core.nowMs() - startMs),
        'trading.condition.reports': reports,
        'trading.indicator.value': last.value,
        'trading.indicator.threshold': last.threshold,
      },
      { message: last.text ?? `${name} cleared${numbers(last)}`, extra: last.attributes },
    )
  }

  #scope({ symbol, venue, strategy }: ConditionOptions): Scope {
    const context = contextApi.active()
    const base = {
      ...inheritedAttributes(context),
      ...this.#core.attributes,
      ...defined({
        'trading.symbol': symbol,
        'trading.venue': venue,
        'trading.strategy': strategy,
      }),
    }
    return { context, span: undefined, base, numbers: undefined }
  }

  #full(): void {
    if (this.#isFull) return
    this.#isFull = true
    fault(
      'condition',
      new Error(
        `${standingMax} conditions stand, further ones are not kept; a name should be a word, not an id`,
      ),
    )
  }
}

// A bot in plain JavaScript may say any word.
function levelOf(level: ConditionLevel = 'info'): ConditionLevel {
  return conditionLevels.includes(level) ? level : 'info'
}

function numbers({ value, threshold }: ConditionOptions): string {
  if (value === undefined) return ''
  const limit = threshold === undefined ? '' : `, limit ${short(threshold)}`
  return `: ${short(value)}${limit}`
}

// The attributes have every digit.
function short(value: number): number {
  return Number(value.toPrecision(6))
}
