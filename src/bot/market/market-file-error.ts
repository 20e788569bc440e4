/** A recorded market that cannot be used at all. The message names the file and says what to do. */
export class MarketFileError extends Error {
  override readonly name = 'MarketFileError'
}
