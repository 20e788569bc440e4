import { spawnSync } from 'node:child_process'
import { eventually } from './stack.ts'

/** Runs `docker` and returns what it printed; throws what it complained about. */
export function docker(...words: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync('docker', words, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`docker ${words.join(' ')}: ${stderr}`)
  return stdout.trim()
}

/** Where a port of a container is published; another one after each start, because tests ask for a free one. */
export function urlOf(container: string, port: number): string {
  return `http://${docker('port', container, `${port}/tcp`).split('\n')[0]}`
}

/** What a Collector counts about itself: the sum over all series of one of its metrics, 0 where it has none. */
export async function ownCount(
  container: string,
  metric: string,
  labels: RegExp = /^/,
): Promise<number> {
  const answer = await fetch(`${urlOf(container, 8888)}/metrics`)
  const lines = (await answer.text()).split('\n')
  return lines
    .filter(
      (line) =>
        (line.startsWith(`${metric}{`) || line.startsWith(`${metric} `)) && labels.test(line),
    )
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0)
}

/** Waits until a Collector says that it is ready; throws its last lines when it never does. */
export async function untilReady(container: string): Promise<void> {
  const isReady = (): Promise<boolean> =>
    fetch(`${urlOf(container, 13_133)}/ready`).then(
      ({ status }) => status === 200,
      () => false,
    )
  if (await eventually(isReady, Boolean, 60_000)) return
  const { stdout, stderr } = spawnSync('docker', ['logs', '--tail', '5', container], {
    encoding: 'utf8',
  })
  throw new Error(`the Collector ${container} is not ready: ${stdout}${stderr}`)
}
