import { FillpathError } from '../../semconv/error.ts'
import { didYouMean } from '../../base/nearest.ts'
import { serversOf, stackOptions, stackSettings } from '../../stack/servers.ts'
import { Stack } from '../../stack/stack.ts'
import { addOptions, settingsOf } from '../options.ts'
import type { Command } from 'commander'
import type { Output } from '../output.ts'

/** What help says of `--from stack`, where the word stands for nothing else. */
export const fromBrief =
  'answer from Loki, Tempo and Prometheus: stack means those of docker-compose.yml'

/** Adds the options that say where the stack is. `--from` itself is added by the command. */
export function addStackOptions(command: Command): Command {
  return addOptions(command, stackSettings, stackOptions)
}

/**
 * The stack that the options ask for; undefined where they ask for the files.
 * @param from the value of `--from`, where it names a source
 * @throws FillpathError `usage`, `setting_invalid`
 */
export function stackOf(
  output: Output,
  from: string | undefined,
  options: Readonly<Record<string, unknown>>,
): Stack | undefined {
  if (from !== undefined && from !== 'stack') throw notASource(from)
  const named = (['loki', 'tempo', 'prometheus'] as const).some(
    (name) => options[name] !== undefined,
  )
  if (from === undefined && !named) {
    const stray = stackOptions.find((name) => options[name] !== undefined)
    if (stray === undefined) return undefined
    throw new FillpathError(
      'usage',
      `--${dashed(stray)} says how the stack is asked, and it is not`,
      {
        hint: 'Add --from stack, or the address of a server.',
      },
    )
  }
  if (options['data'] !== undefined) {
    throw new FillpathError(
      'usage',
      '--data names files, and the answer is to come from the stack',
      {
        hint: 'Leave out one of the two.',
      },
    )
  }
  const settings = settingsOf(stackSettings, options)
  return new Stack({
    servers: serversOf(settings, from === 'stack'),
    selector: settings.selector,
    lookBackMs: settings.lookBack,
    onMissing: (message) => output.note(`fillpath: ${message}`),
  })
}

function notASource(from: string): FillpathError {
  return new FillpathError('usage', `--from is "${from}", and only stack can be asked`, {
    hint: `${didYouMean(from, ['stack'])} Without --from the answer comes from the files.`.trim(),
  })
}

function dashed(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}
