import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { truths } from './destination.ts'
import { metricId } from './entry.ts'
import { storedFiles } from './files.ts'
import { linesOf, readBlocks } from './read.ts'

const recordId = /"fillpath\.record\.id":"([^"\\]+)"/

/**
 * The ids of the records at the end of the newest files of `folder`, oldest first: what a sender may send again because
 * the writer died before it answered, or before the sender noted the answer.
 * @param tailBytes how much of each truth is looked at
 */
export async function* recentIdsIn(
  folder: string,
  tailBytes: number,
): AsyncGenerator<string, void, undefined> {
  for (const truth of Object.values(truths)) {
    const plain = (await storedFiles(folder, truth)).filter(({ compressed }) => !compressed)
    const tails: { readonly path: string; readonly start: number }[] = []
    let left = tailBytes
    for (const { path } of plain.toReversed()) {
      if (left <= 0) break
      const full = join(folder, path)
      const { size } = await stat(full)
      tails.unshift({ path: full, start: Math.max(0, size - left) })
      left -= size
    }
    for (const { path, start } of tails) {
      // The first line may be cut; of a torn last one, which is not given, nothing is known to be kept.
      for await (const { bytes } of readBlocks(path, start)) {
        for (const line of linesOf(bytes)) {
          const id = truth === truths.metric ? metricId(line) : recordId.exec(line)?.[1]
          if (id !== undefined) yield copyOf(id)
        }
      }
    }
  }
}

/** A part of a text holds the whole of it in memory: here, for each id the block of a megabyte that it stood in. */
function copyOf(text: string): string {
  return Buffer.from(text).toString()
}
