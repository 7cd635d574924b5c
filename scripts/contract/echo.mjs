/** Gives back what it is given; fails when asked to. */
export const handler = async (event) => {
  console.log('Echo.');
  if (event?.fail) throw Object.assign(new Error('As asked.'), { name: 'AsAsked' });
  return event;
};
