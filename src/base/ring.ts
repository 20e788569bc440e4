/**
 * The newest `capacity` items. When full, each push drops the oldest. All operations take constant
 * time but iteration.
 *
 * ```
 * slots   [ d | e | b | c ]   size 4
 *                   ^ first    oldest at 0 = b, newest at 3 = e
 * ```
 */
export class Ring<T> implements Iterable<T> {
  readonly capacity: number
  readonly #slots: (T | undefined)[]
  #first = 0
  #size = 0

  constructor(capacity: number) {
    if (!Number.isInteger(capacity) || capacity < 1) {
      throw new RangeError(`a ring holds at least one item, got capacity ${capacity}`)
    }
    this.capacity = capacity
    this.#slots = []
  }

  /** How many items it holds now. */
  get size(): number {
    return this.#size
  }

  /** Adds the newest item; returns the oldest one when it had to go. */
  push(item: T): T | undefined {
    const slot = (this.#first + this.#size) % this.capacity
    if (this.#size < this.capacity) {
      this.#slots[slot] = item
      this.#size += 1
      return undefined
    }
    const dropped = this.#slots[slot]
    this.#slots[slot] = item
    this.#first = (this.#first + 1) % this.capacity
    return dropped
  }

  /** Takes the oldest item out; `undefined` when empty. */
  shift(): T | undefined {
    if (this.#size === 0) return undefined
    const item = this.#slots[this.#first]
    this.#slots[this.#first] = undefined
    this.#first = (this.#first + 1) % this.capacity
    this.#size -= 1
    return item
  }

  /** The item at `index`: 0 is the oldest, -1 the newest; `undefined` outside. */
  at(index: number): T | undefined {
    const place = index < 0 ? this.#size + index : index
    if (place < 0 || place >= this.#size) return undefined
    return this.#slots[(this.#first + place) % this.capacity]
  }

  /** Forgets all. */
  clear(): void {
    this.#slots.length = 0
    this.#first = 0
    this.#size = 0
  }

  /** Oldest first. */
  *[Symbol.iterator](): Generator<T, void, undefined> {
    for (let index = 0; index < this.#size; index += 1) {
      // Inside 0..size every slot was filled by push, so the slot is a T.
      yield this.#slots[(this.#first + index) % this.capacity] as T
    }
  }
}
