import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { errorCode } from '../../probe/spool/disk.ts'
import { decodeQuarantined, findFrame, isZero, readFrame } from '../../wire/frame.ts'
import type { QuarantineNote } from '../../wire/frame.ts'
import { decodeSegmentHeader } from '../../wire/segment.ts'

/** Something in the quarantine. */
export interface PutAside {
  readonly file: string
  readonly boot: string
  readonly note: QuarantineNote
  /** The bytes as they were; none when the quarantine was full. */
  readonly bytes: Uint8Array
}

/** What was put aside in these files, oldest first; what cannot be read of them is said to `onProblem`. */
export function* putAsideIn(
  files: readonly string[],
  onProblem: (problem: string) => void,
): Generator<PutAside, void, undefined> {
  for (const file of files) {
    let content: Buffer
    try {
      content = readFileSync(file)
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') onProblem(`${file} cannot be read (${errorCode(error)})`)
      continue
    }
    const head = decodeSegmentHeader(content)
    if (head.header === undefined) {
      if (!isZero(content, 0, content.length))
        onProblem(`${file} is not a quarantine of this version`)
      continue
    }
    yield* entriesOf(file, content.subarray(head.length), onProblem)
  }
}

function* entriesOf(
  file: string,
  bytes: Uint8Array,
  onProblem: (problem: string) => void,
): Generator<PutAside, void, undefined> {
  const boot = basename(file, '.seg')
  let place = 0
  while (place < bytes.length && !isZero(bytes, place, bytes.length)) {
    const good = readFrame(bytes, place).frame
    const frame = good ?? findFrame(bytes, place + 1)
    if (good === undefined) onProblem(`${file} is damaged`)
    if (frame === undefined) return
    const entry = decodeQuarantined(frame.payload)
    if (entry !== undefined) yield { file, boot, ...entry }
    place = frame.end
  }
}
