import { resolve } from 'node:path'
import { FillpathError } from '../../semconv/error.ts'

/**
 * The path from the root on. A bot may be started in a folder that a deployment has deleted.
 * @throws FillpathError `setting_invalid` where it is relative to a working folder that is gone
 */
export function absolute(path: string): string {
  try {
    return resolve(path)
  } catch (cause) {
    const message = `the folder that the bot was started in is gone, and ${JSON.stringify(path)} is relative to it`
    throw new FillpathError('setting_invalid', message, {
      cause,
      hint: 'Start it in a folder that is there, or name files and folders from the root on.',
    })
  }
}
