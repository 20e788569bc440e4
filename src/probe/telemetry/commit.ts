import { readFileSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

const commitPattern = /^[0-9a-f]{40,64}$/

/**
 * The commit that is checked out in `folder` or one above it, read from `.git` without running git; undefined when
 * there is none. Branch heads, packed heads, worktrees and detached heads are understood.
 */
export function checkedOutCommit(folder: string): string | undefined {
  try {
    const git = gitFolder(resolve(folder))
    if (git === undefined) return undefined
    const head = readFileSync(join(git, 'HEAD'), 'utf8').trim()
    const ref = /^ref: (.+)$/.exec(head)?.[1]
    return ref === undefined ? commitOf(head) : commitOfRef(git, ref)
  } catch {
    return undefined
  }
}

function gitFolder(folder: string): string | undefined {
  const path = join(folder, '.git')
  const found = statSync(path, { throwIfNoEntry: false })
  if (found?.isDirectory()) return path
  if (found?.isFile()) {
    const target = /^gitdir: (.+)$/m.exec(readFileSync(path, 'utf8'))?.[1]
    return target === undefined ? undefined : resolve(folder, target.trim())
  }
  const above = dirname(folder)
  return above === folder ? undefined : gitFolder(above)
}

function commitOfRef(git: string, ref: string): string | undefined {
  for (const folder of [git, commonFolder(git)]) {
    const loose = textOf(join(folder, ref))
    if (loose !== undefined) return commitOf(loose.trim())
    const packed = textOf(join(folder, 'packed-refs'))
    const line = packed?.split('\n').find((each) => each.endsWith(` ${ref}`))
    if (line !== undefined) return commitOf(line.slice(0, line.indexOf(' ')))
  }
  return undefined
}

/** A worktree keeps its own HEAD; branches stand in the folder of the repository. */
function commonFolder(git: string): string {
  return resolve(git, textOf(join(git, 'commondir'))?.trim() ?? '.')
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

function commitOf(text: string): string | undefined {
  return commitPattern.test(text) ? text : undefined
}
