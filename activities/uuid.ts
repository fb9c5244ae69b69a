const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** True for the spelling of a UUID that Postgres prints. A workflow's input could name anything else, such as a path. */
export const isUuid = (id: string): boolean => UUID.test(id);
