/**
 * Files into the index.
 *
 * - A batch and how far its file was read are committed together: killed at any point, the next run goes on behind the
 *   last whole batch, and what it reads again it knows (`store/identity.ts`).
 * - A file is known by its name and its first line. When another file got the name, or it became shorter, it is read
 *   from the start.
 * - The last line without a newline is taken when it is whole, and read again next time; half of one is left alone.
 * - A line that is no record is told with its file, number and reason, and the rest of the file is read.
 */
import { isMissing, isPackedBadly } from '../../archive/files.ts'
import { isPacked } from '../../archive/read.ts'
import { FillpathError } from '../../semconv/error.ts'
import { arrivalsOf } from './forms/forms.ts'
import { firstBytes, headOf, headOfFile, packedHead } from './file-head.ts'
import { blocksIn, blocksOf } from './lines.ts'
import { agingName } from '../store/sources.ts'
import { whereItCanBe } from './sources.ts'
import type { Readable } from 'node:stream'
import type { Arrival } from '../store/identity.ts'
import type { FilePosition, Store } from '../store/store.ts'
import type { LineBlock } from './lines.ts'
import type { SourceFile } from './sources.ts'

/** A line that is no record. */
export interface BadLine {
  readonly file: string
  /** From 1. */
  readonly line: number
  readonly reason: string
  readonly text: string
}

/** What came of an import. */
export interface ImportCounts {
  files: number
  /** Files in which there was nothing new. */
  unchanged: number
  lines: number
  added: number
  known: number
  bad: number
  /** Last lines that are not whole yet. */
  unfinished: number
  /** Files that were not read to their end: packed ones that are damaged, and UTF-16. */
  unreadable: number
}

/** A form that lines are said to have. */
export interface LineForm {
  /** A file that was read in one form is read again in another. */
  readonly id: string
  /** The records of a line; throws where it is none. */
  readonly arrivalsOf: (line: string) => Arrival[]
}

/** Options of {@link importFiles} and {@link importStream}. */
export interface ImportOptions {
  /** What the lines are. @default told by the look of each */
  readonly form?: LineForm | undefined
  readonly onBadLine?: ((line: BadLine) => void) | undefined
  /** Told of each file that is not read to its end. */
  readonly onUnreadable?: ((error: FillpathError) => void) | undefined
  /** Told how many bytes of the file were read since the last call. */
  readonly onProgress?: ((bytes: number) => void) | undefined
}

/** Counts that begin at nothing. */
export function noCounts(): ImportCounts {
  const lines = { lines: 0, added: 0, known: 0, bad: 0, unfinished: 0 }
  return { files: 0, unchanged: 0, ...lines, unreadable: 0 }
}

/**
 * Reads what is new in files into the index, and counts it. One that cannot be read to its end is told, and hinders no
 * other.
 * @throws FillpathError `index_busy`, `index_unusable`, `folder_unwritable`
 */
export async function importFiles(
  store: Store,
  files: readonly SourceFile[],
  counts: ImportCounts,
  options: ImportOptions = {},
): Promise<void> {
  for (const file of files) {
    try {
      await importFile(store, file, counts, options)
    } catch (error) {
      if (!(error instanceof FillpathError) || error.code !== 'line_malformed') throw error
      counts.unreadable += 1
      options.onUnreadable?.(error)
    }
  }
}

/**
 * Reads what is new in a file into the index, and counts it.
 * @throws FillpathError `index_busy`, `index_unusable`, `folder_unwritable`, `line_malformed` (UTF-16, or a packed file
 *   that is damaged)
 */
export async function importFile(
  store: Store,
  listed: SourceFile,
  counts: ImportCounts,
  options: ImportOptions = {},
): Promise<void> {
  counts.files += 1
  for await (const file of whereItCanBe(listed)) {
    try {
      await importWhole(store, file, counts, options)
      return
    } catch (error) {
      // Said of one that is opened, before anything of it is read.
      if (!isMissing(error) || agingName(listed.name) === undefined) throw error
    }
  }
}

async function importWhole(
  store: Store,
  file: SourceFile,
  counts: ImportCounts,
  options: ImportOptions,
): Promise<void> {
  const name = options.form === undefined ? file.name : `${file.name}#${options.form.id}`
  const { position, isDone } = await startOf(store, { ...file, name })
  if (isDone) {
    counts.unchanged += 1
    options.onProgress?.(file.size)
    return
  }
  if (!isPacked(file.path)) options.onProgress?.(position.bytes)
  let { lines, bytes, head } = position
  try {
    for await (const block of blocksOf(file.path, bytes)) {
      const batch = readBlock(block, { file: file.name, before: lines, counts, options })
      if (!block.unfinished) {
        lines += block.lines.length
        bytes = block.nextByte
        if (head === '') head = headOf(block.lines[0] ?? '')
      }
      const done = head === '' ? undefined : { path: name, bytes, lines, head }
      tally(counts, store.add(batch, done, file.name))
      if (!isPacked(file.path)) options.onProgress?.(block.nextByte - block.startByte)
    }
    if (isPacked(file.path)) {
      store.add([], { path: name, bytes, lines, head: await packedHead(file.path, head) })
      options.onProgress?.(file.size)
    }
  } catch (cause) {
    const error = damageOf(file.path, cause)
    if (error === undefined) throw cause
    // It becomes no better: the next run leaves it alone.
    store.add([], { path: name, bytes, lines, head: await packedHead(file.path, head) })
    options.onProgress?.(file.size)
    throw error
  }
}

/** Reads a stream into the index, and counts it. */
export async function importStream(
  store: Store,
  stream: Readable,
  counts: ImportCounts,
  options: ImportOptions & { readonly name: string },
): Promise<void> {
  let before = 0
  for await (const block of blocksIn(stream)) {
    // What the bytes FF FE and FE FF become, read as UTF-8.
    if (before === 0 && block.lines[0]?.startsWith('\uFFFD\uFFFD') === true)
      throw utf16(options.name)
    tally(counts, store.add(readBlock(block, { file: options.name, before, counts, options })))
    before += block.lines.length
    options.onProgress?.(block.nextByte - block.startByte)
  }
}

function tally(counts: ImportCounts, { added, known }: { added: number; known: number }): void {
  counts.added += added
  counts.known += known
}

/** Where to go on in a file, and whether there is nothing to read. */
async function startOf(
  store: Store,
  file: SourceFile,
): Promise<{ readonly position: FilePosition; readonly isDone: boolean }> {
  const fresh = { path: file.name, bytes: 0, lines: 0, head: '' }
  const known = store.positionOf(file.name)
  if (isPacked(file.path)) {
    const isDone = known?.head === (await packedHead(file.path, known?.head ?? ''))
    // Until it was read to its end, the head is that of its first line, and the file is read through once more.
    return { position: isDone ? known : fresh, isDone }
  }
  await refuseUtf16(file.path)
  if (known === undefined || known.bytes > file.size) return { position: fresh, isDone: false }
  if (known.bytes > 0 && known.head !== (await headOfFile(file.path))) {
    return { position: fresh, isDone: false }
  }
  return { position: known, isDone: known.bytes === file.size }
}

async function refuseUtf16(path: string): Promise<void> {
  const [first, second] = await firstBytes(path, 2)
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) throw utf16(path)
}

function utf16(name: string): FillpathError {
  const from = name === '-' ? '… | iconv' : `iconv`
  const file = name === '-' ? '' : ` ${name}`
  return new FillpathError('line_malformed', `${name} is UTF-16, not UTF-8`, {
    hint: `Convert it first: ${from} -f UTF-16 -t UTF-8${file} | fillpath import -`,
  })
}

interface BlockContext {
  readonly file: string
  /** Lines before the block. */
  readonly before: number
  readonly counts: ImportCounts
  readonly options: ImportOptions
}

function readBlock(block: LineBlock, context: BlockContext): Arrival[] {
  const { file, before, counts, options } = context
  const arrivals: Arrival[] = []
  for (const [index, raw] of block.lines.entries()) {
    const line = cleaned(raw)
    if (line === '' || line.trim() === '') continue
    counts.lines += 1
    try {
      if (block.longBytes !== undefined) throw tooLong(block.longBytes)
      arrivals.push(...arrivalsIn(line, options.form?.arrivalsOf ?? arrivalsOf))
    } catch (error) {
      if (block.unfinished) {
        counts.unfinished += 1
        continue
      }
      counts.bad += 1
      const reason = error instanceof Error ? error.message : String(error)
      options.onBadLine?.({ file, line: before + index + 1, reason, text: line })
    }
  }
  return arrivals
}

const firstCharsToDrop = /^[\uFEFF\0]+/

/**
 * The line without what is no part of it: a byte order mark, as files have that were joined, the zeros that some file
 * systems leave at the end of a file after a power cut, before what was written next, and the end of lines of Windows.
 */
function cleaned(raw: string): string {
  const first = raw.charCodeAt(0)
  // Of zeros alone nothing would be left, and it would not be told that something was lost there.
  const line = first === 0xfeff || first === 0 ? raw.replace(firstCharsToDrop, '') || raw : raw
  return line.endsWith('\r') ? line.slice(0, -1) : line
}

/** The records of a line, or of the lines that a lone CR ends. */
function arrivalsIn(line: string, formOf: LineForm['arrivalsOf']): Arrival[] {
  try {
    return formOf(line)
  } catch (error) {
    if (!line.includes('\r')) throw error
    return line
      .split('\r')
      .filter((part) => part.trim() !== '')
      .flatMap((part) => formOf(cleaned(part)))
  }
}

function tooLong(bytes: number): FillpathError {
  const size = `${Math.round(bytes / 1_048_576).toLocaleString('en')} MiB`
  return new FillpathError('line_malformed', `the line has ${size}: no line of records is so long`)
}

/** What tells that a packed file is damaged; undefined for any other error. */
function damageOf(path: string, cause: unknown): FillpathError | undefined {
  if (!isPackedBadly(cause)) return undefined
  return new FillpathError('line_malformed', `${path} is damaged: ${cause.message}`, {
    hint: 'What stands before the damage was read; look for another copy of the file.',
    cause,
  })
}
