/**
 * The place in the spool's buffer where a record is encoded, without a copy between encoder and file.
 *
 * ```
 * bytes   … frames that wait │ frame header, 28 bytes │ the record so far │ free …
 *                            └ start                  └ payload           └ position
 * ```
 */
import type { PriorityClass } from '../../semconv/classes.ts'
import { frameHeaderBytes } from '../../wire/frame.ts'

/** Where an encoder writes: from `position` on, asking for more when `bytes` has no room left. */
export class Room {
  readonly class: PriorityClass
  bytes: Uint8Array
  /** Where the next byte goes. */
  position = 0
  /** Where the frame begins. */
  start = 0
  /** The record's number in its boot. */
  sequence = 0
  /** Dictionary entry of its resource and scope. */
  origin = 0
  isOpen = false
  readonly #replace: (room: Room, length: number) => void

  /** @param replace puts longer `bytes` in place, with the record so far at the same positions */
  constructor(recordClass: PriorityClass, replace: (room: Room, length: number) => void) {
    this.class = recordClass
    this.bytes = nothing
    this.#replace = replace
  }

  /** Makes room for `length` more bytes. Positions stay what they are; `bytes` may be another array afterwards. */
  reserve(length: number): void {
    const needed = this.position + length
    if (needed > this.bytes.length) this.#replace(this, Math.max(needed, this.bytes.length * 2))
  }

  open(start: number, sequence: number, origin: number): void {
    this.start = start
    this.position = start + frameHeaderBytes
    this.sequence = sequence
    this.origin = origin
    this.isOpen = true
  }
}

/** A room of its own, for a record that is begun while another one of its class is being encoded. */
export function spareRoom(recordClass: PriorityClass): Room {
  const spare = new Room(recordClass, (room, length) => {
    const bytes = Buffer.allocUnsafeSlow(length)
    bytes.set(room.bytes.subarray(0, room.position))
    room.bytes = bytes
  })
  spare.bytes = Buffer.allocUnsafeSlow(spareBytes)
  return spare
}

const nothing = new Uint8Array(0)
const spareBytes = 4096
