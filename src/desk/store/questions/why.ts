import { rowsOf, textAt } from './answer.ts'
import type { Database } from '../sqlite.ts'
import type { Answer, AnswerRow } from './answer.ts'

/**
 * Why a symbol did or did not give a signal: the conditions that stood at an instant, and the last word of each check
 * up to it. Without a symbol, what stood for any.
 */
export function why(database: Database, symbol: string | undefined, atMs: number): Answer {
  return [
    { name: 'standing', rows: standing(database, symbol, atMs) },
    { name: 'checks', rows: symbol === undefined ? [] : checks(database, symbol, atMs) },
  ]
}

function checks(database: Database, symbol: string, atMs: number): AnswerRow[] {
  return rowsOf(
    database,
    `SELECT time, event, condition, message, payload FROM (
      SELECT timestamp AS time, replace(type, 'trading.', '') AS event,
        coalesce(payload ->> '$."trading.signal.filter"', payload ->> '$."trading.indicator.name"',
          payload ->> '$."trading.deny.reason"', payload ->> '$."trading.pattern"') AS condition,
        coalesce(payload ->> '$."trading.signal.reason"', message) AS message, payload,
        row_number() OVER (PARTITION BY type, coalesce(payload ->> '$."trading.signal.filter"',
          payload ->> '$."trading.indicator.name"', payload ->> '$."trading.deny.reason"')
          ORDER BY timestamp DESC, ns DESC, key DESC) AS place
      FROM events WHERE symbol = ? AND timestamp <= ? AND type IN ('trading.signal.detected', 'trading.signal.filtered',
        'trading.signal.cooldown', 'trading.signal.denied', 'trading.atr.calculated', 'trading.velocity.checked',
        'trading.pattern.checked', 'trading.state.changed', 'trading.feed.stale', 'trading.feed.disconnected'))
    WHERE place = 1 ORDER BY time DESC`,
    [symbol, atMs],
  )
}

/**
 * What stood: conditions, and what stands by the nature of its events (a state that is not active, a feed that was
 * lost, a price guard that triggered). A bot that began or ended has nothing standing from before.
 */
function standing(database: Database, symbol: string | undefined, atMs: number): AnswerRow[] {
  const rows = rowsOf(
    database,
    `SELECT timestamp, type, level, message, symbol, venue, strategy, task_id, bot_id,
      payload ->> '$."trading.condition.name"' AS name, payload ->> '$."trading.state"' AS state,
      payload ->> '$."trading.feed.name"' AS feed
    FROM events WHERE timestamp <= ? AND type IN ('trading.condition.set', 'trading.condition.cleared',
      'trading.state.changed', 'trading.feed.disconnected', 'trading.feed.connected', 'trading.price_guard.triggered',
      'trading.price_guard.resumed', 'trading.task.completed', 'trading.task.failed', 'trading.task.canceled',
      'trading.run.started', 'trading.run.ended', 'trading.run.crashed')
    ORDER BY timestamp, ns, sequence, key`,
    [atMs],
  )
  const held = new Map<string, AnswerRow>()
  for (const row of rows) {
    const bot = textAt(row, 'bot_id')
    const { about, name, holds } = saidOf(row)
    if (about === undefined) {
      for (const [key, { bot: of }] of held) if (of === bot) held.delete(key)
      continue
    }
    const key = [bot, ...about].join('\n')
    const before = held.get(key)
    if (!holds) held.delete(key)
    else {
      const since = Number(before?.['since_at'] ?? row['timestamp'])
      held.set(key, {
        since_at: since,
        standing_ms: atMs - since,
        condition: name,
        level: row['level'] ?? null,
        symbol: row['symbol'] ?? null,
        venue: row['venue'] ?? null,
        strategy: row['strategy'] ?? null,
        message: row['message'] ?? null,
        bot,
      })
    }
  }
  return [...held.values()]
    .filter((row) => symbol === undefined || row['symbol'] === null || row['symbol'] === symbol)
    .sort((a, b) => Number(a['since_at']) - Number(b['since_at']))
}

interface Said {
  /** What tells it from others of the same bot; undefined: the bot began or ended. */
  readonly about: readonly string[] | undefined
  readonly name: string
  readonly holds: boolean
}

function saidOf(row: AnswerRow): Said {
  const at = (column: string): string => textAt(row, column)
  switch (at('type')) {
    case 'trading.condition.set':
    case 'trading.condition.cleared':
      return {
        about: ['condition', at('name'), at('symbol'), at('venue'), at('strategy')],
        name: at('name'),
        holds: at('type') === 'trading.condition.set',
      }
    case 'trading.state.changed':
      return {
        about: ['state'],
        name: `trading_${at('state')}`,
        holds: at('state') !== 'active',
      }
    case 'trading.feed.disconnected':
    case 'trading.feed.connected':
      return {
        about: ['feed', at('venue'), at('feed')],
        name: `feed_disconnected`,
        holds: at('type') === 'trading.feed.disconnected',
      }
    case 'trading.price_guard.triggered':
      return { about: ['price_guard', at('task_id')], name: 'price_guard', holds: true }
    case 'trading.run.started':
    case 'trading.run.ended':
    case 'trading.run.crashed':
      return { about: undefined, name: '', holds: false }
    default:
      return { about: ['price_guard', at('task_id')], name: 'price_guard', holds: false }
  }
}

/** The symbols that anything is known of. */
export function symbols(database: Database): string[] {
  const sql = 'SELECT DISTINCT symbol FROM events WHERE symbol IS NOT NULL'
  return rowsOf(database, sql).map(({ symbol }) => String(symbol))
}
