/** The few mails in German, Spanish and French: a first sentence per label, greetings and endings. */
import type { Category } from './mail.ts';

export type Foreign = 'de' | 'es' | 'fr';

export interface Language {
  readonly greetings: readonly string[];
  readonly signOffs: readonly string[];
  readonly core: Readonly<Record<Category, readonly string[]>>;
}

export const languages: Readonly<Record<Foreign, Language>> = {
  de: {
    greetings: ['Hallo,', 'Guten Tag,', 'Sehr geehrte Damen und Herren,'],
    signOffs: ['Viele Grüße', 'Mit freundlichen Grüßen', 'Danke'],
    core: {
      order_status: [
        'Wo bleibt meine Bestellung {order}?',
        'Wann (kommt|wird geliefert): {item}, Bestellung {order}?',
      ],
      damaged_item: [
        'Bei Bestellung {order} kam das hier kaputt an: {item}.',
        '{item} (ist defekt|ist zerbrochen), Bestellung {order}.',
      ],
      wrong_item: ['In Bestellung {order} war der falsche Artikel, bestellt war: {item}.'],
      return_request: [
        'Ich möchte {item} zurückschicken, Bestellung {order}.',
        'Wie geht die Rückgabe von Bestellung {order}?',
      ],
      refund_status: [
        'Wann bekomme ich die Erstattung für Bestellung {order}?',
        'Mein Geld für {order} ist noch nicht da.',
      ],
      cancel_order: ['Bitte stornieren Sie die Bestellung {order}.', 'Ich möchte {order} stornieren.'],
      change_address: ['Bitte ändern Sie die Lieferadresse von Bestellung {order}.'],
      invoice_request: ['Bitte schicken Sie mir die Rechnung zu Bestellung {order}.'],
      payment_problem: ['Für Bestellung {order} wurde zweimal abgebucht.'],
      product_question: ['Ist {product} für draußen geeignet?', 'Wie groß ist {product}?'],
      account_access: ['Ich komme nicht mehr in mein Kundenkonto.', 'Mein Passwort funktioniert nicht mehr.'],
      complaint: ['Ihr Fahrer war sehr unfreundlich.', 'Ich bin vom Kundendienst sehr enttäuscht.'],
    },
  },
  es: {
    greetings: ['Hola,', 'Buenos días,', 'Buenas,'],
    signOffs: ['Gracias', 'Saludos', 'Un saludo'],
    core: {
      order_status: ['¿Dónde está mi pedido {order}?', '¿Cuándo llega {item} del pedido {order}?'],
      damaged_item: [
        '{item} del pedido {order} llegó (roto|dañado).',
        'El pedido {order} llegó roto: {item}.',
      ],
      wrong_item: ['En el pedido {order} vino otro artículo, yo pedí {item}.'],
      return_request: ['Quiero devolver {item} del pedido {order}.', '¿Cómo devuelvo el pedido {order}?'],
      refund_status: [
        '¿Cuándo recibo el reembolso del pedido {order}?',
        'Todavía no llegó mi reembolso de {order}.',
      ],
      cancel_order: ['Por favor cancelen el pedido {order}.', 'Quiero cancelar el pedido {order}.'],
      change_address: ['Por favor cambien la dirección de entrega del pedido {order}.'],
      invoice_request: ['Necesito la factura del pedido {order}.'],
      payment_problem: ['Me cobraron dos veces el pedido {order}.'],
      product_question: ['¿Qué tamaño tiene {product}?', '¿Se puede usar {product} en el exterior?'],
      account_access: ['No puedo entrar en mi cuenta.', 'Olvidé mi contraseña y no llega el correo.'],
      complaint: ['El repartidor fue muy maleducado.', 'Estoy muy decepcionado con su servicio.'],
    },
  },
  fr: {
    greetings: ['Bonjour,', 'Bonjour à tous,', 'Madame, Monsieur,'],
    signOffs: ['Merci', 'Cordialement', 'Bien à vous'],
    core: {
      order_status: ['Où est ma commande {order} ?', 'Quand arrive {item} de la commande {order} ?'],
      damaged_item: [
        '{item} de la commande {order} est arrivé (cassé|abîmé).',
        'Commande {order} reçue cassée : {item}.',
      ],
      wrong_item: ["Dans la commande {order} il y avait un autre article, j'avais commandé {item}."],
      return_request: [
        'Je voudrais retourner {item} de la commande {order}.',
        'Comment renvoyer la commande {order} ?',
      ],
      refund_status: ['Quand vais-je recevoir le remboursement de la commande {order} ?'],
      cancel_order: ["Merci d'annuler la commande {order}.", 'Je voudrais annuler la commande {order}.'],
      change_address: ["Merci de changer l'adresse de livraison de la commande {order}."],
      invoice_request: ['Pouvez-vous envoyer la facture de la commande {order} ?'],
      payment_problem: ["J'ai été débité deux fois pour la commande {order}."],
      product_question: ['Quelle est la taille de {product} ?', "Peut-on utiliser {product} à l'extérieur ?"],
      account_access: ['Je ne peux plus me connecter à mon compte.', "J'ai oublié mon mot de passe."],
      complaint: ['Votre livreur a été très impoli.', 'Je suis très déçu par votre service.'],
    },
  },
};
