/**
 * What those who run a meeting may do about it and about the others in it: one call of the REST API each. The room
 * tells everybody by its events, this page too, so nothing here changes what is shown. Every function rejects with the
 * server's reason.
 */

/** @typedef {'audio' | 'video' | 'screen'} Kind */

export class HostDesk {
  #api;
  #path;

  /** @param {import('./api.js').Api} api @param {string} code the meeting's */
  constructor(api, code) {
    this.#api = api;
    this.#path = /** @type {const} */ (`/meetings/${code}`);
  }

  /** Microphone, camera or screen of somebody. @param {number} userId @param {Kind} kind */
  switchOff(userId, kind) {
    return this.#changePerson(userId, { [kind]: false });
  }

  /** @param {number} userId */
  askToUnmute(userId) {
    return this.#api.post(`${this.#path}/participants/${userId}/ask-unmute`);
  }

  /** @param {number} userId */
  lowerHand(userId) {
    return this.#changePerson(userId, { handRaised: false });
  }

  /** In this meeting only; also oneself. @param {number} userId @param {string} displayName */
  rename(userId, displayName) {
    return this.#changePerson(userId, { displayName });
  }

  /** @param {number} userId @param {'cohost' | 'participant'} role */
  setRole(userId, role) {
    return this.#changePerson(userId, { role });
  }

  /** The host's seat; to oneself, where one made the meeting. @param {number} userId */
  makeHost(userId) {
    return this.#api.post(`${this.#path}/host`, { userId });
  }

  /**
   * Out, and not in again until that is lifted.
   * @param {number} userId @param {{banNetwork?: boolean}} [options] banNetwork: new people from the same network wait for somebody's word
   */
  remove(userId, { banNetwork = false } = {}) {
    return this.#api.delete(`${this.#path}/participants/${userId}${banNetwork ? '?banNetwork=true' : ''}`);
  }

  removed() {
    return this.#api.get(`${this.#path}/removed`);
  }

  /** @param {number} userId */
  liftBan(userId) {
    return this.#api.delete(`${this.#path}/removed/${userId}`);
  }

  muteAll() {
    return this.#api.post(`${this.#path}/mute-all`);
  }

  lowerAllHands() {
    return this.#api.post(`${this.#path}/lower-hands`);
  }

  lobby() {
    return this.#api.get(`${this.#path}/lobby`);
  }

  /** @param {number} userId */
  admit(userId) {
    return this.#api.post(`${this.#path}/lobby/admit`, { userId });
  }

  admitAll() {
    return this.#api.post(`${this.#path}/lobby/admit`, { all: true });
  }

  /** @param {number} userId */
  refuse(userId) {
    return this.#api.post(`${this.#path}/lobby/refuse`, { userId });
  }

  /** @param {number} userId */
  backToLobby(userId) {
    return this.#api.post(`${this.#path}/lobby/return`, { userId });
  }

  /** Settings, title, times. @param {Rest.MeetingPatch} change */
  update(change) {
    return this.#api.patch(this.#path, change);
  }

  end() {
    return this.#api.post(`${this.#path}/end`);
  }

  /** @param {number} userId @param {Rest.ParticipantPatch} change */
  #changePerson(userId, change) {
    return this.#api.patch(`${this.#path}/participants/${userId}`, change);
  }
}
