/** Cost of the password derivation (section 1); both providers must agree, or a mnemonic names another identity. */
export const ARGON2ID_COST = { memoryKib: 32_768, passes: 4, parallelism: 1 } as const;
