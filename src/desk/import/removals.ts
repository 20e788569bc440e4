/**
 * The index after files were deleted for their age: what came only from them leaves it, so that it holds what a rebuild
 * from the files that are left would give.
 *
 * Only what the rule of age deleted is followed (`archive/removed.txt`). A file that is missing for another reason may be
 * the only thing that the index still knows of, and is not taken from it.
 */
import { removedOf } from '../../archive/removed.ts'
import { FillpathError } from '../../semconv/error.ts'
import { importFiles, noCounts } from './import.ts'
import { taskFiles, truthFiles } from './sources.ts'
import type { SourceFile } from './sources.ts'
import type { Store } from '../store/store.ts'

/** Takes out of the index what came only from deleted files; tells which. */
export async function followRemovals(store: Store, folder: string): Promise<string[]> {
  const known = await removedOf(folder, store.sources())
  if (known.length === 0) return []
  // First what is left of the tasks, so that at no moment less is known of them than their files tell.
  const tasks = new Set(known.flatMap((name) => store.tasksOf(name)))
  for (const task of tasks) {
    await importFiles(store, await filesOfTask(folder, task), noCounts())
  }
  for (const name of known) store.forget(name)
  // Those that shared a row with a deleted one have lost their position.
  await importFiles(store, await truthFiles(folder), noCounts())
  return known
}

async function filesOfTask(folder: string, task: string): Promise<SourceFile[]> {
  try {
    return await taskFiles(folder, task)
  } catch (error) {
    // The task has no files any more, or never had.
    if (error instanceof FillpathError && error.code === 'not_found') return []
    throw error
  }
}
