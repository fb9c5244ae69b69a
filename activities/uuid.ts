const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * True for a UUID with hyphens, in upper or lower case. A workflow's input may contain any other text, such as a path.
 */
export const isUuid = (id: string): boolean => UUID.test(id);
