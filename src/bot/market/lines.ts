/** The lines of a CSV file, plain or gzipped, with their numbers. */
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { createGunzip } from 'node:zlib'
import { parse } from 'csv-parse'
import { MarketFileError } from './market-file-error.ts'

/** One line that is not empty. */
export interface Line {
  /** Counted from 1, as editors do. */
  readonly number: number
  readonly cells: readonly string[]
}

/**
 * Reads as it is iterated; a file of any size takes the same memory. Commas, semicolons and tabs part
 * the cells. Empty lines are left out.
 * @throws {MarketFileError} when the file cannot be read or is no text
 */
export async function* linesOf(path: string): AsyncGenerator<Line, void, undefined> {
  const isGzip = await checkKind(path)
  const file = createReadStream(path)
  const parser = parse({
    bom: true,
    delimiter: [',', ';', '\t'],
    // Numbers are never quoted, and an unclosed quote must not swallow the rest of the file.
    quote: false,
    relax_column_count: true,
    skip_empty_lines: true,
    trim: true,
    info: true,
    max_record_size: 1_000_000,
  })
  file.on('error', (error) => parser.destroy(error))
  if (isGzip) {
    const gunzip = createGunzip()
    gunzip.on('error', (error) => parser.destroy(error))
    file.pipe(gunzip).pipe(parser)
  } else {
    file.pipe(parser)
  }
  try {
    for await (const { record, info } of parser as AsyncIterable<Parsed>) {
      yield { number: info.lines, cells: record.map((cell) => cell.replace(/^"(.*)"$/, '$1')) }
    }
  } catch (error) {
    throw new MarketFileError(`${path}: cannot be read: ${(error as Error).message}`, {
      cause: error,
    })
  } finally {
    file.destroy()
  }
}

interface Parsed {
  readonly record: readonly string[]
  readonly info: { readonly lines: number }
}

/** Is it gzip? A zip archive and a missing file are said at once. */
async function checkKind(path: string): Promise<boolean> {
  let head: Buffer
  try {
    const file = await open(path)
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0)
      head = buffer.subarray(0, bytesRead)
    } finally {
      await file.close()
    }
  } catch (error) {
    throw new MarketFileError(`${path}: cannot be read: ${(error as Error).message}`, {
      cause: error,
    })
  }
  if (head.length === 0) throw new MarketFileError(`${path}: the file is empty`)
  if (head.toString('latin1') === 'PK\u0003\u0004') {
    throw new MarketFileError(
      `${path}: this is a zip archive; unpack it and give the CSV file in it`,
    )
  }
  return head[0] === 0x1f && head[1] === 0x8b
}
