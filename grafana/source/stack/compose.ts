import { spawnSync } from 'node:child_process'

/** What `docker compose` answered; `error` where it could not even be called. */
export interface Composed {
  readonly ok: boolean
  readonly text: string
  readonly error: string
}

/** Calls docker with these words. */
export function docker(words: readonly string[]): Composed {
  const { status, stdout, stderr, error } = spawnSync('docker', words, { encoding: 'utf8' })
  if (error) return { ok: false, text: '', error: error.message }
  return { ok: status === 0, text: (stdout + stderr).trim(), error: '' }
}

/** What a container of the project is doing. */
export interface ContainerState {
  readonly service: string
  /** Docker's word: running, restarting, exited, created, dead, paused. */
  readonly state: string
  readonly exitCode: number
}

/** The containers of this project; none where that cannot be told. */
export function containers(): ContainerState[] {
  const { ok, text } = docker(['compose', 'ps', '-a', '--format', 'json'])
  if (!ok || text === '') return []
  try {
    // Older versions give one array, newer ones an object a line.
    const rows: unknown = text.startsWith('[')
      ? JSON.parse(text)
      : text.split('\n').map((line): unknown => JSON.parse(line))
    if (!Array.isArray(rows)) return []
    return rows.flatMap((row: unknown) => {
      if (typeof row !== 'object' || row === null) return []
      const of = (key: string): unknown => Reflect.get(row, key)
      const [service, state] = [of('Service'), of('State')]
      if (typeof service !== 'string' || typeof state !== 'string') return []
      return [{ service, state, exitCode: Number(of('ExitCode') ?? 0) }]
    })
  } catch {
    return []
  }
}
