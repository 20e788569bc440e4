/**
 * Folds events into what they tell of: orders with their fills, hedges, positions, tasks.
 *
 * A row is made anew from all events of its key whenever one of them comes, in the order of time. So it does not matter
 * in which order, from which file or how often they come: a database filled live, imported or rebuilt has equal rows.
 */
import { prepared } from '../statements.ts'
import { Story, eventsQuery, storedEvent } from './fields.ts'
import { fillRows, orderRow } from './order.ts'
import { hedgeRow } from './hedge.ts'
import { positionRows } from './position.ts'
import { runRow, tellsOfRun } from './run.ts'
import { ordersOf } from './same-id.ts'
import { taskRow } from './task.ts'
import type { Database } from '../sqlite.ts'
import type { EventKeys } from '../rows/event.ts'
import type { Row, StoredEvent } from './fields.ts'
import type { Part } from './task.ts'

/** Keeps the tables that follow from events. */
export class Folder {
  readonly #database: Database
  readonly #orders = new Set<string>()
  readonly #hedges = new Set<string>()
  readonly #positions = new Set<string>()
  readonly #tasks = new Set<string>()
  readonly #runs = new Set<string>()

  constructor(database: Database) {
    this.#database = database
  }

  /** Marks what an event belongs to. */
  touch(keys: EventKeys, type: string): void {
    if (keys.order !== null) this.#orders.add(keys.order)
    if (keys.hedge !== null) this.#hedges.add(keys.hedge)
    if (keys.position !== null) this.#positions.add(keys.position)
    if (keys.task !== null && tellsOfTask(type)) this.#tasks.add(keys.task)
    if (keys.run !== null && tellsOfRun(type)) this.#runs.add(keys.run)
  }

  /** What runs say of themselves, anew: the row of one of them, or of all, was made from the other records. */
  foldRuns(run?: string): void {
    const select = `SELECT run_id FROM runs ${run === undefined ? '' : 'WHERE run_id = ?'}`
    for (const { run_id: id } of this.#all(select, ...(run === undefined ? [] : [run])))
      this.#foldRun(String(id))
  }

  /** Makes all rows but those of runs anew. */
  foldAll(): void {
    const all = [
      ['order_key', this.#orders],
      ['hedge_key', this.#hedges],
      ['position_id', this.#positions],
      ['task_id', this.#tasks],
    ] as const
    for (const [column, keys] of all) {
      const select = `SELECT DISTINCT ${column} AS key FROM events WHERE ${column} IS NOT NULL`
      for (const { key } of prepared(this.#database, select).all()) keys.add(String(key))
    }
    this.fold()
  }

  /**
   * Makes the rows of all that was touched anew.
   * @param options.afterRemoval events were taken out: rows that nothing tells of any more go
   */
  fold(options: { readonly afterRemoval?: boolean } = {}): void {
    if (options.afterRemoval === true) this.#clear()
    for (const key of this.#orders) this.#foldOrder(key)
    for (const key of this.#hedges) {
      const story = this.#story('hedge_key = ?', key)
      if (story.events.length === 0) continue
      const row = hedgeRow(key, story)
      this.#touchTaskBefore('hedges', key)
      this.#put('hedges', row)
      this.#touchTask(row)
    }
    for (const id of this.#positions) {
      // Events may show that there were fewer.
      this.#dropPositions(id)
      for (const row of positionRows(id, this.#story('position_id = ?', id)))
        this.#put('positions', row)
    }
    for (const id of this.#tasks) this.#foldTask(id)
    for (const id of this.#runs) this.#foldRun(id)
    this.forget()
  }

  #clear(): void {
    for (const id of this.#orders) this.#dropOrders(id)
    for (const key of this.#hedges) this.#touchTaskBefore('hedges', key)
    const drop = (table: string, column: string, keys: ReadonlySet<string>): void => {
      for (const key of keys)
        prepared(this.#database, `DELETE FROM ${table} WHERE ${column} = ?`).run(key)
    }
    drop('hedges', 'key', this.#hedges)
    for (const id of this.#positions) this.#dropPositions(id)
    drop('tasks', 'id', this.#tasks)
  }

  /** Forgets what was touched. */
  forget(): void {
    for (const set of [this.#orders, this.#hedges, this.#positions, this.#tasks, this.#runs])
      set.clear()
  }

  #foldOrder(id: string): void {
    const { events } = this.#story('order_key = ?', id)
    const orders = ordersOf(events)
    // Fills go that were derived, when those come that they stood for, and those that are taken back; or are of another
    // order, when events show it.
    if (orders.length > 1 || events.some(canTakeAway) || this.#hasFurther(id)) this.#dropOrders(id)
    else this.#touchTaskBefore('orders', id)
    for (const [index, { events: of, ownFirst }] of orders.entries()) {
      const key = index === 0 ? id : `${id}${further}${index + 1}`
      const story = new Story(of)
      const own = of === ownFirst ? story : new Story(ownFirst)
      const order = orderRow(key, story, own)
      this.#put('orders', order)
      for (const row of fillRows(key, story, own)) this.#put('fills', row)
      this.#touchTask(order)
    }
  }

  /** Whether there are rows of further orders of an id. */
  #hasFurther(id: string): boolean {
    const select = `SELECT 1 FROM orders WHERE key > ? || '${further}' AND key < ? || '${behind}' LIMIT 1`
    return this.#all(select, id, id).length > 0
  }

  /** Drops the orders of an id, which are folded anew, and their fills. */
  #dropOrders(id: string): void {
    const among = (column: string): string =>
      `${column} = ? OR (${column} > ? || '${further}' AND ${column} < ? || '${behind}')`
    for (const row of this.#all(`SELECT task_id FROM orders WHERE ${among('key')}`, id, id, id))
      this.#touchTask(row)
    prepared(this.#database, `DELETE FROM fills WHERE ${among('order_key')}`).run(id, id, id)
    prepared(this.#database, `DELETE FROM orders WHERE ${among('key')}`).run(id, id, id)
  }

  /** Drops the positions of an id. */
  #dropPositions(id: string): void {
    prepared(
      this.#database,
      // Those of `id#…`, by the index: `$` comes after `#`.
      `DELETE FROM positions WHERE id = ? OR (id > ? || '#' AND id < ? || '$')`,
    ).run(id, id, id)
  }

  /** A part of a task tells of it, also by an event that does not name the task. */
  #touchTask({ task_id: id }: Readonly<Record<string, unknown>>): void {
    if (typeof id === 'string') this.#tasks.add(id)
  }

  /** The task that a part was of, which an earlier event may show to be of another. */
  #touchTaskBefore(table: 'orders' | 'hedges', key: string): void {
    for (const row of this.#all(`SELECT task_id FROM ${table} WHERE key = ?`, key))
      this.#touchTask(row)
  }

  #foldTask(id: string): void {
    const story = this.#story(
      `task_id = ? AND type >= 'trading.task.' AND type < 'trading.task/'`,
      id,
    )
    const legs = this.#all(
      'SELECT kind, covered_qty AS quantity, avg_price AS price, loss, attempts FROM hedges WHERE task_id = ? ORDER BY key',
      id,
    )
    const guards = this.#all(
      `SELECT count(*) AS count FROM events WHERE task_id = ? AND type = 'trading.price_guard.triggered'`,
      id,
    )
    const row = taskRow(id, story, {
      orders: this.#all(
        `SELECT filled_qty AS quantity, avg_price AS price FROM orders
          WHERE task_id = ? AND hedge_key IS NULL AND position_id IS NULL ORDER BY key`,
        id,
      ).map(partOf),
      hedges: legs.filter(({ kind }) => kind === 'hedge').map(partOf),
      unwinds: legs.filter(({ kind }) => kind === 'unwind').map(partOf),
      priceGuards: Number(guards[0]?.['count']),
      retries: legs.reduce((sum, leg) => sum + Math.max(0, Number(leg['attempts']) - 1), 0),
    })
    if (row !== undefined) this.#put('tasks', row)
  }

  #foldRun(id: string): void {
    const story = this.#story(`run_id = ? AND type >= 'trading.run.' AND type < 'trading.run/'`, id)
    const row = runRow(story)
    const columns = Object.keys(row).map((column) => `${column} = ?`)
    prepared(this.#database, `UPDATE runs SET ${columns.join(', ')} WHERE run_id = ?`).run(
      ...Object.values(row),
      id,
    )
  }

  #story(condition: string, key: string): Story {
    return new Story(this.#all(eventsQuery(condition), key).map(storedEvent))
  }

  #all(sql: string, ...keys: readonly string[]): Record<string, unknown>[] {
    return prepared(this.#database, sql).all(...keys)
  }

  #put(table: string, row: Row): void {
    const columns = Object.keys(row)
    const marks = columns.map(() => '?').join(', ')
    prepared(
      this.#database,
      `INSERT OR REPLACE INTO ${table} (${columns.join(', ')}) VALUES (${marks})`,
    ).run(...Object.values(row))
  }
}

/** Whether with an event there may be fewer fills than before. */
function canTakeAway({ type, fields }: StoredEvent): boolean {
  return type === 'trading.order.fill_busted' || fields['trading.fill.derived'] === true
}

/** Between an id and the number of an order that has it too; no venue takes a blank in an id. */
const further = ' #'
/** What comes right after {@link further}. */
const behind = ' $'

const taskRooms = ['task', 'order', 'hedge', 'unwind', 'price_guard'] as const

function tellsOfTask(type: string): boolean {
  return taskRooms.some((room) => type.startsWith(`trading.${room}.`))
}

function partOf(row: Readonly<Record<string, unknown>>): Part {
  const text = (value: unknown): string | null => (typeof value === 'string' ? value : null)
  return { quantity: text(row['quantity']), price: text(row['price']), loss: text(row['loss']) }
}
