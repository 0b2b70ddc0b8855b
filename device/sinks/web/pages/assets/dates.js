// Days and moments as they are written for fields and for the device.

const two = (number) => String(number).padStart(2, "0");

/** Return the beginning of the day that `text` (2026-11-22) names here, or of one after it. */
export function midnight(text, later = 0) {
  const [year, month, day] = text.split("-").map(Number);
  return new Date(year, month - 1, day + later);
}

/** Return the day of `moment` here, as a field of a date has it. */
export function asDate(moment) {
  return [moment.getFullYear(), two(moment.getMonth() + 1), two(moment.getDate())].join("-");
}

/** Return `moment` with the offset from UTC that is kept here: it says where a day begins. */
export function asMoment(moment) {
  const offset = -moment.getTimezoneOffset();
  const [hours, minutes] = [Math.floor(Math.abs(offset) / 60), Math.abs(offset) % 60];
  const time = [moment.getHours(), moment.getMinutes(), moment.getSeconds()].map(two).join(":");
  return `${asDate(moment)}T${time}${offset < 0 ? "-" : "+"}${two(hours)}:${two(minutes)}`;
}
